// SPDX-License-Identifier: Apache-2.0
// What the library keeps open inside a program that knows nothing of it: the program closes descriptors that it did not
// open, gets their numbers for files of its own, starts without standard output, or makes children without fork(3).
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/simulator.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>

#include <array>
#include <csignal>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx;
using namespace std::chrono_literals;
using test::Simulator;

namespace {

std::unique_ptr<Device> open_device(const Simulator& chip, std::chrono::milliseconds lock_timeout = 10s) {
    DeviceOptions options;
    options.lock_timeout = lock_timeout;
    options.lock_directory = chip.directory() / "locks";
    options.trace.file = chip.directory() / "trace";
    return Device::open(BusAddress::parse(chip.address()).value(), options);
}

bool works(Device& device) {
    return device.run(GetRandom{.length = 8}).has_value();
}

std::set<int> descriptors() {
    std::set<int> found;
    DIR* const directory = ::opendir("/proc/self/fd");
    while (const dirent* const entry = ::readdir(directory)) {
        if (const int fd = std::atoi(entry->d_name); fd > STDERR_FILENO && fd != ::dirfd(directory)) {
            found.insert(fd);
        }
    }
    ::closedir(directory);
    return found;
}

// opened_by gives the descriptors that are open after an act and were not before.
std::set<int> opened_by(const std::function<bool()>& act) {
    const auto before = descriptors();
    REQUIRE(act());
    std::set<int> made;
    for (const int fd : descriptors()) {
        if (!before.contains(fd)) {
            made.insert(fd);
        }
    }
    return made;
}

// out_of_the_way gives a descriptor a number that no test expects.
int out_of_the_way(int fd) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 200);
    REQUIRE(moved >= 0);
    ::close(fd);
    return moved;
}

// take_number makes a number mean what the descriptor means, which is closed.
void take_number(int fd, int number) {
    REQUIRE(::dup2(fd, number) == number);
    ::close(fd);
}

// Files are what a program opens under numbers that it closed before.
class Files {
 public:
    Files(const std::filesystem::path& directory, const std::set<int>& numbers) {
        for (const int number : numbers) {
            const auto path = directory / ("own" + std::to_string(number));
            test::write_file(path, content);
            take_number(out_of_the_way(::open(path.c_str(), O_RDWR | O_CLOEXEC)), number);
            files_.emplace(number, path);
        }
    }
    ~Files() {
        for (const auto& [number, path] : files_) {
            ::close(number);
        }
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    // untouched: neither written to, nor locked, nor closed, nor replaced.
    void check_untouched() const {
        for (const auto& [number, path] : files_) {
            CAPTURE(number);
            CHECK(test::read_file(path) == content);
            struct stat open {};
            struct stat named {};
            CHECK(::fstat(number, &open) == 0);
            CHECK(::stat(path.c_str(), &named) == 0);
            CHECK(open.st_ino == named.st_ino);
            struct flock lock {};
            lock.l_type = F_WRLCK;
            const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
            CHECK(::fcntl(other, F_OFD_GETLK, &lock) == 0);
            CHECK(lock.l_type == F_UNLCK);
            ::close(other);
        }
    }

 private:
    static constexpr const char* content =
        "what the program wrote into its own file, of some length, so that a record "
        "of a lock would be seen in it";
    std::map<int, std::filesystem::path> files_;
};

int exit_status(pid_t child) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("descriptors that the program closed and uses for its files are left alone", "[descriptors]") {
    const Simulator chip;
    const Simulator other_chip;
    const auto first = open_device(chip);
    const auto second = open_device(chip);
    const auto third = open_device(other_chip);
    const auto numbers = opened_by([&] { return works(*first) && works(*second) && works(*third); });
    CHECK(numbers.size() >= 6);  // lock file and connection of each
    for (const int number : numbers) {
        ::close(number);
    }
    const Files files{chip.directory().path(), numbers};
    SECTION("by the same process") {
        CHECK(works(*first));
        CHECK(works(*second));
        CHECK(works(*third));
        CHECK(works(*first));
    }
    SECTION("by a forked child") {
        const pid_t child = test::fork_with_deadline();
        if (child == 0) {
            ::_exit(works(*first) && works(*second) && works(*third) ? 0 : 1);
        }
        CHECK(exit_status(child) == 0);
        CHECK(works(*first));
    }
    files.check_untouched();
}

TEST_CASE("a socket of the program with the number of a former connection gets no frame and stays open",
          "[descriptors]") {
    const Simulator chip;
    const auto device = open_device(chip);
    const auto numbers = opened_by([&] { return works(*device); });
    std::vector<int> peers;
    for (const int number : numbers) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        peers.push_back(out_of_the_way(ends[1]));
        take_number(out_of_the_way(ends[0]), number);
    }
    CHECK(works(*device));
    for (const int peer : peers) {
        std::uint8_t byte = 0;
        CHECK(::recv(peer, &byte, 1, MSG_DONTWAIT) < 0);
        CHECK(errno == EAGAIN);
        ::close(peer);
    }
    for (const int number : numbers) {
        CHECK(::close(number) == 0);
    }
}

TEST_CASE("descriptors that the program closed are opened again", "[descriptors]") {
    const Simulator chip;
    const auto device = open_device(chip);
    for (int i = 0; i < 3; ++i) {
        for (const int number : opened_by([&] { return works(*device); })) {
            ::close(number);
        }
        CHECK(works(*device));
    }
}

TEST_CASE("a handle whose numbers another handle got excludes that one, and closes nothing of it", "[descriptors]") {
    const Simulator chip;
    auto first = open_device(chip, 200ms);
    const auto numbers = opened_by([&] { return works(*first); });
    for (const int number : numbers) {
        ::close(number);
    }
    const auto second = open_device(chip, 200ms);
    // The same numbers, for the same lock file.
    CHECK(opened_by([&] { return works(*second); }) == numbers);
    {
        const auto locked = second->lock();
        REQUIRE(locked);
        const auto refused = first->lock();
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == Errc::lock_timeout);
    }
    {
        const auto locked = first->lock();
        REQUIRE(locked);
        CHECK_FALSE(second->lock());
    }
    first.reset();
    for (const int number : numbers) {
        CHECK(::fcntl(number, F_GETFD) >= 0);
    }
    CHECK(works(*second));
}

TEST_CASE("a lease of a session outlives its closed descriptor", "[descriptors]") {
    const Simulator chip;
    const auto first = open_device(chip, 100ms);
    std::optional<Result<SessionLease>> lease;
    for (const int number : opened_by([&] { return lease.emplace(first->lease_session()).has_value(); })) {
        ::close(number);
    }
    REQUIRE(works(*first));
    const auto second = open_device(chip, 100ms);
    std::set<ObjectId> leased;
    std::vector<SessionLease> others;
    for (int i = 0; i < 3; ++i) {
        auto other = second->lease_session();
        REQUIRE(other);
        leased.insert(other->object());
        others.push_back(*std::move(other));
    }
    CHECK_FALSE(leased.contains((*lease)->object()));
    CHECK_FALSE(second->lease_session());
}

TEST_CASE("a process without standard descriptors keeps their numbers free", "[descriptors]") {
    const Simulator chip;
    const auto device = open_device(chip);
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::close(number);
        }
        bool good = works(*device) && works(*device);
        for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            good = good && ::fcntl(number, F_GETFD) < 0;
        }
        ::_exit(good ? 0 : 1);
    }
    CHECK(exit_status(child) == 0);
}

TEST_CASE("a child made without fork handlers and its parent use the chip side by side", "[descriptors]") {
    if (test::skipped_under_thread_sanitizer("it does not know processes that were made behind its back")) {
        return;
    }
    const Simulator chip;
    const auto device = open_device(chip);
    REQUIRE(works(*device));
    constexpr int commands = 40;
    const auto work = [&] {
        int failures = 0;
        for (int i = 0; i < commands; ++i) {
            failures += works(*device) ? 0 : 1;
        }
        return failures;
    };
    const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(test::child_seconds);
        ::_exit(work() == 0 ? 0 : 1);
    }
    CHECK(work() == 0);
    CHECK(exit_status(child) == 0);
    CHECK(chip.stats().at("commands").at("GetRandom") == 1 + 2 * commands);
}

TEST_CASE("a limit of file sizes ends no program", "[descriptors]") {
    const Simulator chip;
    const auto device = open_device(chip);
    REQUIRE(works(*device));
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_DFL);
        const rlimit nothing{.rlim_cur = 0, .rlim_max = 0};
        ::setrlimit(RLIMIT_FSIZE, &nothing);
        const auto refused = device->run(GetRandom{.length = 8});
        ::_exit(!refused && refused.error() == errno_code(EFBIG) ? 0 : 1);
    }
    CHECK(exit_status(child) == 0);
    CHECK(works(*device));
}

TEST_CASE("an answer beyond a limit of file sizes is a failure, and no signal", "[descriptors]") {
    const test::TempDir directory;
    const auto limited = [&](const std::string& name, const std::string& option) {
        const auto output = (directory / name).string();
        return test::run("sh", {"-c", "ulimit -f 0; exec \"$0\" \"$1\" >\"$2\"", test::program(name), option, output},
                         {.environment = {{"TRUSTX_CONF", "/dev/null"}}});
    };
    CHECK(limited("trustx", "--version").status == 4);
    CHECK(limited("trustx-sim", "--help").status == 1);
    if (std::filesystem::exists(test::program("trustx-mqtt"))) {
        CHECK(limited("trustx-mqtt", "--help").status == 1);
    }
}

TEST_CASE("an answer that could not be written is a failure", "[descriptors]") {
    const Simulator chip;
    const auto device = open_device(chip);
    REQUIRE(works(*device));
    const std::string stdout_is = GENERATE(">&-", ">/dev/full");
    CAPTURE(stdout_is);
    test::ProcessOptions options;
    options.environment = {{"TRUSTX_DEVICE", chip.address()},
                           {"TRUSTX_LOCK_DIRECTORY", chip.directory() / "locks"},
                           {"TRUSTX_CONF", "/dev/null"}};
    const auto shell = [&](const std::string& command) {
        return test::run("sh", {"-c", command + " " + stdout_is}, options);
    };
    const auto trustx = test::program("trustx").string();
    CHECK(shell(trustx + " random 8").status == 4);
    CHECK(shell(trustx + " random 8 --hex").status == 4);
    CHECK(shell(trustx + " --version").status == 4);
    CHECK(shell(test::program("trustx-sim").string() + " --help").status == 1);
    if (std::filesystem::exists(test::program("trustx-mqtt"))) {
        CHECK(shell(test::program("trustx-mqtt").string() + " --help").status == 1);
    }
    CHECK(works(*device));  // nothing was written into the lock file or the socket
    CHECK(chip.stats().at("commands").at("OpenApplication") == 1);
}
