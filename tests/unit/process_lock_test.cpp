// SPDX-License-Identifier: Apache-2.0
#include "device/process_lock.hpp"

#include "device/byte_lock.hpp"
#include "device/lock_file.hpp"
#include "device/thread_lock.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/temp_dir.hpp"
#include "support/virtual_clock.hpp"

#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx;
using namespace std::chrono_literals;
using test::TempDir;
using test::VirtualClock;

namespace {

BusAddress address(const std::string& path) {
    return {.kind = BusAddress::Kind::unix_socket, .path = path, .target = 0x30};
}

// WaitingClock tells when a thread begins to wait: then it has its place in the queue.
class WaitingClock final : public Clock {
 public:
    explicit WaitingClock(std::function<void()> begun) : begun_{std::move(begun)} {}
    [[nodiscard]] TimePoint now() const override { return real_.now(); }
    void sleep_until(TimePoint wake) override {
        if (begun_) {
            std::exchange(begun_, nullptr)();
        }
        real_.sleep_until(wake);
    }

 private:
    SystemClock real_;
    std::function<void()> begun_;
};

VirtualClock clock_at(TimePoint now) {
    VirtualClock clock;
    clock.advance(now.time_since_epoch());
    return clock;
}

// all_but says that only one session object is wanted.
std::uint32_t all_but(int index) {
    return ~(1U << static_cast<unsigned>(index));
}

bool try_session(ProcessLock& lock, int index, TimePoint now = {}) {
    const auto claimed = lock.try_any_session(4, all_but(index), clock_at(now)).value();
    lock.stop_waiting_for_session();
    return claimed.has_value();
}

// set_next_number says which number is drawn next, as many draws before would have.
void set_next_number(const std::filesystem::path& file, std::uint32_t number) {
    auto content = test::read_file(file);
    REQUIRE(content.size() == lock_file_size);
    std::memcpy(content.data() + queue_numbers_at, &number, sizeof number);
    std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace

TEST_CASE("a lock directory that cannot be made is told apart from a missing bus", "[process_lock]") {
    const TempDir directory;
    const auto missing = directory / "not" / "there";
    const auto lock = ProcessLock::open(missing.string(), BusAddress::parse("i2c:/dev/i2c-7").value());
    REQUIRE_FALSE(lock);
    CHECK(lock.error() == Errc::lock_directory_missing);
    CHECK_THAT(lock.error().message(), ContainsSubstring(missing.string()) && ContainsSubstring("lock-directory") &&
                                           !ContainsSubstring("enable the bus"));
}

TEST_CASE("a lock file is made on demand, with its directory, for everybody", "[process_lock]") {
    const TempDir dir;
    const auto locks = dir / "locks";
    REQUIRE(ProcessLock::open(locks, address("/nowhere/chip")));
    struct stat status {};
    REQUIRE(::stat(locks.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 01777U);
    const auto file = locks / lock_file_name(address("/nowhere/chip"));
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0666U);
}

TEST_CASE("every way to name a chip leads to the same lock file", "[process_lock]") {
    const TempDir dir;
    test::write_file(dir / "chip", "");
    REQUIRE(::symlink((dir / "chip").c_str(), (dir / "alias").c_str()) == 0);
    CHECK(lock_file_name(address(dir / "chip")) == lock_file_name(address(dir / "alias")));
    CHECK(lock_file_name(address(dir / "chip")) == lock_file_name(address(dir.path() / "." / "chip")));
    CHECK(lock_file_name(address(dir / "chip")) != lock_file_name(address(dir / "other")));
}

TEST_CASE("the lock file of an adapter has its device number for a name, whatever the path", "[process_lock]") {
    CHECK(device_path(makedev(89, 1)) == "/dev/i2c-1");
    CHECK(device_path(makedev(89, 300)) == "/dev/i2c-300");
    CHECK(device_path(makedev(1, 3)) == "/dev/char/1:3");
    CHECK(lock_file_name(BusAddress::parse("i2c:/dev/null@0x31").value()) == "i2c:+dev+char+1:3@31.lock");
    CHECK(lock_file_name(BusAddress::parse("i2c:/nowhere/i2c-1").value()) == "i2c:+nowhere+i2c-1@30.lock");
    const TempDir dir;
    const auto other = dir / "i2c-7";
    if (::mknod(other.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {  // needs CAP_MKNOD
        CHECK(lock_file_name(BusAddress::parse("i2c:" + other.string()).value()) == "i2c:+dev+char+1:3@30.lock");
    }
}

TEST_CASE("an adapter that the address leads to by now is the one that is locked", "[process_lock]") {
    const TempDir dir;
    const auto link = dir / "adapter";
    std::filesystem::create_symlink("/dev/null", link);
    VirtualClock clock;
    const auto by_link = BusAddress::parse("i2c:" + link.string()).value();
    auto first = ProcessLock::open(dir.path(), by_link);
    REQUIRE(first);
    REQUIRE(first->lock(clock, clock.in(1s)));
    first->unlock();
    std::filesystem::remove(link);
    std::filesystem::create_symlink("/dev/zero", link);
    auto second = ProcessLock::open(dir.path(), BusAddress::parse("i2c:/dev/zero").value());
    REQUIRE(second);
    REQUIRE(second->lock(clock, clock.in(1s)));
    CHECK(first->lock(clock, clock.in(1s)).error() == Errc::lock_timeout);
    second->unlock();
    CHECK(first->lock(clock, clock.in(1s)));
}

TEST_CASE("a chip in use is waited for until the deadline, and its owner is named", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(first->lock(clock, clock.in(1s)));
    REQUIRE(first->write_record({.user = 7, .frame_size = 0x115, .in_sync = true}));
    const auto start = clock.now();
    const auto refused = second->lock(clock, clock.in(2s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::lock_timeout);
    CHECK(clock.now() - start >= 2s);
    CHECK(clock.now() - start < 2100ms);
    CHECK_THAT(refused.error().message(), ContainsSubstring("process " + std::to_string(::getpid())));
    first->unlock();
    REQUIRE(second->lock(clock, clock.in(1s)));
    const auto record = second->read_record();
    CHECK(record.user == 7);
    CHECK(record.frame_size == 0x115);
    CHECK(record.in_sync);
}

TEST_CASE("two chips do not wait for each other", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/other"));
    REQUIRE(first->lock(clock, clock.in(1s)));
    CHECK(second->lock(clock, clock.in(0s)));
}

TEST_CASE("a killed owner releases the chip", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
        const bool taken = lock && lock->lock(clock, clock.in(1s));
        static_cast<void>(!::write(ready[1], taken ? "y" : "n", 1));
        for (;;) {
            ::pause();
        }
    }
    char taken = 0;
    REQUIRE(::read(ready[0], &taken, 1) == 1);
    REQUIRE(taken == 'y');
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    CHECK_FALSE(lock->lock(clock, clock.in(10ms)));
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(lock->lock(clock, clock.in(10ms)));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("who waits for the chip gets it in the order of arrival", "[process_lock]") {
    const TempDir dir;
    SystemClock clock;
    auto holder = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(holder);
    // The second time the numbers begin again while three are waiting.
    set_next_number(dir / lock_file_name(address("/nowhere/chip")), GENERATE(0U, (1U << 20U) - 2U));
    REQUIRE(holder->lock(clock, Deadline::after(clock, 30s)));
    std::mutex mutex;
    std::vector<int> order;
    std::atomic<int> failures = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 5; ++i) {
        std::promise<void> queued;
        auto is_queued = queued.get_future();
        threads.emplace_back([&, i, queued = std::move(queued)]() mutable {
            WaitingClock waiting{[&] { queued.set_value(); }};
            auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
            if (!lock || !lock->lock(waiting, Deadline::after(waiting, 60s))) {
                ++failures;
                return;
            }
            {
                const std::lock_guard guard{mutex};
                order.push_back(i);
            }
            lock->unlock();
        });
        REQUIRE(is_queued.wait_for(30s) == std::future_status::ready);
    }
    holder->unlock();
    // A thread that comes back joins at the end.
    const auto again = holder->lock(clock, Deadline::after(clock, 60s));
    const std::size_t served_before = [&] {
        const std::lock_guard guard{mutex};
        return order.size();
    }();
    holder->unlock();
    threads.clear();
    CHECK(again);
    CHECK(failures == 0);
    CHECK(served_before == 5);
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("a process that ends in the queue delays nobody", "[process_lock]") {
    const TempDir dir;
    SystemClock clock;
    auto holder = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(holder);
    REQUIRE(holder->lock(clock, Deadline::after(clock, 30s)));
    int queued[2];
    REQUIRE(::pipe(queued) == 0);
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        WaitingClock waiting{[&] { static_cast<void>(!::write(queued[1], "q", 1)); }};
        auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
        static_cast<void>(lock && lock->lock(waiting, Deadline::after(waiting, 300s)));
        ::_exit(0);
    }
    char said = 0;
    REQUIRE(::read(queued[0], &said, 1) == 1);
    std::promise<void> behind;
    std::atomic<bool> served = false;
    std::jthread next{[&] {
        WaitingClock waiting{[&] { behind.set_value(); }};
        auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
        served = lock && lock->lock(waiting, Deadline::after(waiting, 60s));
    }};
    REQUIRE(behind.get_future().wait_for(30s) == std::future_status::ready);
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    holder->unlock();
    next.join();
    CHECK(served);
    ::close(queued[0]);
    ::close(queued[1]);
}

TEST_CASE("a damaged record is an empty one", "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    test::write_file(file, "stale rubbish of a former version that is long enough to be read as a record ...");
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    const auto record = lock->read_record();
    CHECK(record.user == 0);
    CHECK_FALSE(record.in_sync);
}

TEST_CASE("a record of a later format is an empty one, and its user and this one exclude each other",
          "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    auto later = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE((later && lock));
    VirtualClock clock;
    REQUIRE(later->lock(clock, clock.in(1s)));
    REQUIRE(later->write_record({.user = 7, .frame_size = 0x115, .in_sync = true}));
    auto content = test::read_file(file);
    REQUIRE(content.starts_with("trustx02"));
    content[7] = '3';
    test::write_file(file, content);
    CHECK(try_session(*later, 1));

    // Neither chip nor session are taken from the user of the later format. Without a record the next one attaches, as
    // if it were the first.
    const auto refused = lock->lock(clock, clock.in(0s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::lock_timeout);
    CHECK_FALSE(try_session(*lock, 1));
    later->unlock();
    REQUIRE(lock->lock(clock, clock.in(1s)));
    CHECK(lock->read_record().user == 0);
    CHECK_FALSE(lock->read_record().in_sync);
}

TEST_CASE("a record with fields of a later version is read, and one without them, too", "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    REQUIRE(lock->write_record({.user = 7, .frame_size = 0x115, .in_sync = true}));
    constexpr std::size_t size_at = 8;
    const auto with_size = [&](std::uint32_t size) {
        auto content = test::read_file(file);
        std::memcpy(content.data() + size_at, &size, sizeof size);
        test::write_file(file, content);
        return lock->read_record();
    };
    CHECK(with_size(24).user == 7);
    CHECK(with_size(failed_decryptions_at).user == 7);
    CHECK(with_size(23).user == 0);
    CHECK(with_size(failed_decryptions_at + 1).user == 0);
    CHECK(with_size(0xFFFFFFFF).user == 0);
    CHECK(with_size(0).user == 0);
    test::write_file(file, test::read_file(file).substr(0, 23));
    CHECK(lock->read_record().user == 0);
}

TEST_CASE("processes know of each other's failed decryptions, which no other record takes away", "[process_lock]") {
    const TempDir dir;
    const TimePoint now{1h};
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto other_chip = ProcessLock::open(dir.path(), address("/nowhere/other"));
    REQUIRE((first && second && other_chip));
    first->note_failed_decryption(now);
    second->note_failed_decryption(now + 1s);
    CHECK(first->failed_decryptions().pause(2, now + 1s) == 59s);
    REQUIRE(first->write_record({.user = 7}));
    REQUIRE(second->write_record({}));
    first.value() = ProcessLock::open(dir.path(), address("/nowhere/other")).value();
    CHECK(second->failed_decryptions().pause(2, now + 1s) == 59s);
    CHECK(second->failed_decryptions().pause(3, now + 1s) == Duration::zero());
    CHECK(other_chip->failed_decryptions().pause(1, now + 1s) == Duration::zero());
}

TEST_CASE("failed decryptions that anybody wrote into the lock file are waited for a minute at most",
          "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    const TimePoint now{100h};
    const int byte = GENERATE(range(0, 256, 15));
    auto content = test::read_file(file);
    REQUIRE(content.size() == lock_file_size);
    std::fill_n(content.begin() + failed_decryptions_at, sizeof(FailedDecryptions::Entries), static_cast<char>(byte));
    test::write_file(file, content);
    CHECK(lock->failed_decryptions().pause(1, now) <= 61s);
    lock->note_failed_decryption(now);
    CHECK(lock->failed_decryptions().pause(1, now) <= 61s);
    CHECK(lock->failed_decryptions().pause(1, now + 62s) == Duration::zero());
    // A file that is cut off has none.
    test::write_file(file, content.substr(0, static_cast<std::size_t>(failed_decryptions_at) + 8));
    CHECK(lock->failed_decryptions().pause(1, now) == Duration::zero());
}

TEST_CASE("a frame size that the protocol does not have is an unknown one", "[process_lock]") {
    const TempDir dir;
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    for (const auto size : {std::uint16_t{0x000F}, std::uint16_t{0x0116}, std::uint16_t{0xFFFF}}) {
        REQUIRE(lock->write_record({.user = 7, .frame_size = size, .in_sync = true}));
        CHECK(lock->read_record().frame_size == 0);
    }
}

TEST_CASE("who owns a chip is what the kernel says, whatever stands in the lock file", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(first);
    std::string forged(lock_file_size, '\x1B');
    forged.replace(0, 8, "trustx02");
    // Before the chip is locked: to close another descriptor of the file takes the owner's sign away.
    std::fstream{file, std::ios::in | std::ios::out | std::ios::binary} << forged;
    REQUIRE(first->lock(clock, clock.in(1s)));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(second);
    const auto refused = second->lock(clock, clock.in(10ms));
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message(), ContainsSubstring("process " + std::to_string(::getpid()) + " ("));
    CHECK_THAT(refused.error().message(), !ContainsSubstring("\x1B"));
}

TEST_CASE("a limit of file sizes is an error, never a signal", "[process_lock]") {
    const TempDir dir;
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        const auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
        const rlimit nothing{.rlim_cur = 0, .rlim_max = 0};
        ::setrlimit(RLIMIT_FSIZE, &nothing);
        ::signal(SIGXFSZ, SIG_DFL);
        const auto written = lock ? lock->write_record({.user = 7}) : Result<void>{};
        const auto opened = ProcessLock::open(dir.path(), address("/nowhere/other"));
        const bool good = !written && written.error() == errno_code(EFBIG) && !opened;
        ::_exit(good ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("whatever stands in the place of a lock file, nobody waits for it", "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    SECTION("a pipe") {
        REQUIRE(::mkfifo(file.c_str(), 0666) == 0);
    }
    SECTION("a directory") {
        REQUIRE(::mkdir(file.c_str(), 0777) == 0);
    }
    SECTION("a link that leads nowhere") {
        REQUIRE(::symlink("nowhere", file.c_str()) == 0);
    }
    const auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE_FALSE(lock);
    CHECK_THAT(lock.error().message(), ContainsSubstring(file.string()));
}

TEST_CASE("a program that locks the whole file is waited for in bounds", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock);
    const int fd = ::open((dir / lock_file_name(address("/nowhere/chip"))).c_str(), O_RDWR | O_CLOEXEC);
    const ByteLocks locks{.fd = fd, .owner = LockOwner::description};
    REQUIRE(locks.try_lock(0x1000).value());
    for (off_t byte : {off_t{(1 << 20) - 1}, off_t{1 << 20}, off_t{(1 << 20) + 1}}) {
        REQUIRE(locks.try_lock(byte).value());
    }
    const auto begin = clock.now();
    const auto refused = lock->lock(clock, clock.in(2s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::lock_timeout);
    CHECK(clock.now() - begin < 2100ms);
    locks.unlock(0x1000);  // a queue without anybody on the chip is passed by
    CHECK(lock->lock(clock, clock.in(2s)));
    ::close(fd);
}

TEST_CASE("a lock file that was deleted is left for its successor", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(first);
    REQUIRE(std::filesystem::remove(file));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(second);
    REQUIRE(second->lock(clock, clock.in(1s)));
    CHECK_FALSE(first->lock(clock, clock.in(10ms)));
}

TEST_CASE("a lock directory that is a link or another user's is refused", "[process_lock]") {
    const TempDir dir;
    const auto real = dir / "real";
    REQUIRE(::mkdir(real.c_str(), 0777) == 0);
    SECTION("a link") {
        REQUIRE(::symlink("real", (dir / "locks").c_str()) == 0);
        const auto lock = ProcessLock::open(dir / "locks", address("/nowhere/chip"));
        REQUIRE_FALSE(lock);
        CHECK(lock.error() == Errc::lock_directory_refused);
        CHECK_THAT(lock.error().message(), ContainsSubstring((dir / "locks").string()));
    }
    SECTION("a link that leads nowhere, and is not followed to make a directory") {
        REQUIRE(::symlink("made", (dir / "locks").c_str()) == 0);
        const auto lock = ProcessLock::open(dir / "locks", address("/nowhere/chip"));
        REQUIRE_FALSE(lock);
        CHECK(lock.error() == Errc::lock_directory_refused);
        CHECK_FALSE(std::filesystem::exists(dir / "made"));
    }
    SECTION("another user's") {
        constexpr uid_t nobody = 65534;
        if (::geteuid() != 0 || ::chown(real.c_str(), nobody, nobody) != 0) {
            return;  // only root can make such a directory
        }
        const auto lock = ProcessLock::open(real, address("/nowhere/chip"));
        REQUIRE_FALSE(lock);
        CHECK(lock.error() == Errc::lock_directory_refused);
    }
    CHECK(std::filesystem::is_empty(real));
}

TEST_CASE("a lock that cannot be made names its path", "[process_lock]") {
    const auto lock = ProcessLock::open("/proc/no/locks", address("/nowhere/chip"));
    REQUIRE_FALSE(lock);
    CHECK_THAT(lock.error().message(), ContainsSubstring("/proc/no/locks"));

    const TempDir dir;
    const auto link = dir / lock_file_name(address("/nowhere/chip"));
    REQUIRE(::symlink("/etc/passwd", link.c_str()) == 0);
    CHECK_FALSE(ProcessLock::open(dir.path(), address("/nowhere/chip")));
}

TEST_CASE("a lock file that is a file for something else too stays as it is", "[process_lock]") {
    const TempDir dir;
    const auto precious = dir / "precious";
    test::write_file(precious, "content");
    std::filesystem::create_hard_link(precious, dir / lock_file_name(address("/nowhere/chip")));
    const auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE_FALSE(lock);
    CHECK(lock.error() == errno_code(EMLINK));
    CHECK_THAT(lock.error().message(), ContainsSubstring(lock_file_name(address("/nowhere/chip"))));
    CHECK(test::read_file(precious) == "content");
}

TEST_CASE("a socket in place of a lock file is no chip that does not answer", "[process_lock]") {
    const TempDir dir;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    if (::mknod(file.c_str(), S_IFSOCK | 0600, 0) != 0) {
        return;  // a file system without sockets
    }
    const auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE_FALSE(lock);
    CHECK(lock.error() == errno_code(EINVAL));
}

TEST_CASE("a lease on the lock file is waited for until the deadline", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    const auto file = dir / lock_file_name(address("/nowhere/chip"));
    test::write_file(file, "");
    int leased = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    auto* const before = ::signal(SIGIO, SIG_IGN);  // tells the holder that somebody wants to open the file
    if (::fcntl(leased, F_SETLEASE, F_WRLCK) == 0) {
        auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
        REQUIRE(lock);
        const auto start = clock.now();
        CHECK(lock->lock(clock, clock.in(1s)).error() == Errc::lock_timeout);
        CHECK(clock.now() - start >= 1s);
        ::close(std::exchange(leased, -1));
        CHECK(lock->lock(clock, clock.in(1s)));
    }
    ::close(leased);
    ::signal(SIGIO, before);
}

TEST_CASE("a thread lock that was held at the moment of a fork is free in the child", "[thread_lock]") {
    ThreadLock lock;
    REQUIRE(lock.try_lock_for(0s));
    CHECK_FALSE(lock.try_lock_for(1ms));
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        const bool taken = lock.try_lock_for(0s);
        const bool taken_twice = lock.try_lock_for(1ms);
        ::_exit(taken && !taken_twice ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    lock.unlock();
    CHECK(lock.try_lock_for(0s));
}

TEST_CASE("a session object belongs to one user until that user releases it or ends", "[process_lock]") {
    const TempDir dir;
    auto first = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    auto second = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    CHECK(try_session(*first, 0));
    CHECK_FALSE(try_session(*second, 0));
    CHECK(try_session(*second, 1));
    first->release_session(0);
    CHECK(try_session(*second, 0));
    CHECK_FALSE(try_session(*first, 1));
    second = ProcessLock::open(dir.path(), address("/nowhere/chip"));  // the former one is closed, as by a death
    CHECK(try_session(*first, 1));
}

TEST_CASE("session objects are given to those that wait in the order of arrival", "[process_lock]") {
    const TempDir dir;
    const auto open = [&] { return ProcessLock::open(dir.path(), address("/nowhere/chip")).value(); };
    auto user = open();
    auto first = open();
    auto second = open();
    auto late = open();
    const TimePoint now{};
    const auto gets = [](ProcessLock& lock, TimePoint at) {
        return lock.try_any_session(1, 0, clock_at(at)).value() == 0;
    };
    REQUIRE(gets(user, now));
    CHECK_FALSE(gets(first, now));
    CHECK_FALSE(gets(second, now));
    user.release_session(0);
    SECTION("the first gets it") {
        CHECK_FALSE(gets(late, now));
        CHECK_FALSE(gets(second, now));
        CHECK(gets(first, now));
        CHECK_FALSE(gets(second, now));
        first.release_session(0);
        CHECK_FALSE(gets(late, now));
        CHECK(gets(second, now));
    }
    SECTION("one that gave up is waited for no longer") {
        first.stop_waiting_for_session();
        CHECK_FALSE(gets(late, now));
        CHECK(gets(second, now));
    }
    SECTION("one that ended is waited for no longer") {
        { const auto ended = std::move(first); }
        CHECK(gets(second, now));
    }
    SECTION("one that does not take it is passed over") {
        CHECK_FALSE(gets(second, now));
        CHECK_FALSE(gets(second, now + 99ms));
        CHECK(gets(second, now + 100ms));
        SECTION("and is the last when it goes on") {
            CHECK_FALSE(gets(late, now + 100ms));
            CHECK_FALSE(gets(first, now + 100ms));
            second.release_session(0);
            CHECK_FALSE(gets(second, now + 100ms));
            CHECK_FALSE(gets(first, now + 100ms));
            CHECK(gets(late, now + 100ms));
            late.release_session(0);
            CHECK_FALSE(gets(late, now + 100ms));
            CHECK_FALSE(gets(second, now + 100ms));
            CHECK(gets(first, now + 100ms));
        }
    }
}

TEST_CASE("a forked child that releases its parent's lock changes nothing", "[process_lock]") {
    const TempDir dir;
    VirtualClock clock;
    auto lock = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    REQUIRE(lock->lock(clock, clock.in(1s)));
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        lock->unlock();
        ::_exit(0);
    }
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    auto other = ProcessLock::open(dir.path(), address("/nowhere/chip"));
    CHECK_FALSE(other->lock(clock, clock.in(0s)));
}

TEST_CASE("a record keeps the hints that its writer gave it, and forged ones stay within their form",
          "[process_lock]") {
    const TempDir dir;
    auto lock = ProcessLock::open(dir.path().string(), address("/nowhere/chip"));
    REQUIRE(lock);
    LinkRecord record{.user = 1, .frame_size = 277, .in_sync = true};
    record.security = {.uses = 7, .last_use = TimePoint{5s}, .read_at = TimePoint{3s}};
    record.durations.back() = {
        .kind = {.opcode = 0x31, .param = 0x11, .sent = 6, .wanted = 0, .object = ObjectId{0xE0F1}},
        .experience = {.first_poll = 145ms, .times_late = 2}};
    REQUIRE(lock->write_record(record));
    const auto read = lock->read_record();
    CHECK(read.security == record.security);
    CHECK(read.durations == record.durations);

    record.security.last_use = TimePoint{-1s};
    record.durations.back().experience.first_poll = -1s;
    REQUIRE(lock->write_record(record));
    CHECK(lock->read_record().security == SecurityLog::State{});
    CHECK(lock->read_record().durations.back().experience.first_poll == 0s);
}
