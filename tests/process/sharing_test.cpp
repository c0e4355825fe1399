// SPDX-License-Identifier: Apache-2.0
// Several programs and one chip, the situation on every gateway: none of them resets, reopens or confuses what another
// one uses, every wait ends, and a program that died leaves nothing behind that disturbs the next one.
#include "support/build_tree.hpp"
#include "support/cancelled_thread.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/simulator.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>
#include <trustx/objects.hpp>
#include <trustx/settings.hpp>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx;
using namespace std::chrono_literals;
using test::Outcome;
using test::Process;
using test::ProcessOptions;
using test::Simulator;

namespace {

// Where the numbers of the queue for session objects are in a lock file (device/lock_record.hpp).
constexpr std::size_t session_queue_at = 0x1E8;

struct Gateway {
    Simulator chip;

    [[nodiscard]] std::filesystem::path locks() const { return chip.directory() / "locks"; }
    [[nodiscard]] ProcessOptions options() const {
        return {.environment = {{"TRUSTX_DEVICE", chip.address()},
                                {"TRUSTX_LOCK_DIRECTORY", locks()},
                                {"TRUSTX_CONF", chip.directory() / "trustx.conf"}}};
    }
    explicit Gateway(int lock_timeout_ms = 10'000, const std::string& timing = "none") : chip{{.timing = timing}} {
        test::write_file(chip.directory() / "trustx.conf",
                         "lock-timeout-ms = " + std::to_string(lock_timeout_ms) + "\n");
    }
    [[nodiscard]] Outcome trustx(const std::vector<std::string>& arguments) const {
        return test::run(test::program("trustx"), arguments, options());
    }
    [[nodiscard]] Process neighbour(const std::vector<std::string>& arguments) const {
        return Process{test::program("trustx_neighbour"), arguments, options()};
    }
    [[nodiscard]] std::unique_ptr<Device> device(std::chrono::milliseconds lock_timeout = 10s) const {
        DeviceOptions device_options;
        device_options.lock_timeout = lock_timeout;
        device_options.lock_directory = locks();
        return Device::open(BusAddress::parse(chip.address()).value(), device_options);
    }
    void check_works() const {
        const auto done = trustx({"random", "8", "--hex"});
        INFO(done.both());
        CHECK(done.ok());
    }
};

// wait_for_a_queue returns when a process waits for the chip: a place in the queue is locked (lock_queue.cpp).
void wait_for_a_queue(const std::filesystem::path& locks) {
    const auto give_up_at = std::chrono::steady_clock::now() + test::patience();
    for (const auto& entry : std::filesystem::directory_iterator{locks}) {
        const int fd = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
        REQUIRE(fd >= 0);
        struct flock place {};
        do {
            place = {};
            place.l_type = F_WRLCK;
            place.l_start = off_t{1} << 20;
            REQUIRE(::fcntl(fd, F_OFD_GETLK, &place) == 0);
            REQUIRE(std::chrono::steady_clock::now() < give_up_at);
        } while (place.l_type == F_UNLCK);
        ::close(fd);
    }
}

}  // namespace

TEST_CASE("whoever had a session in a chip that was reset is told so", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    const auto lease = device->lease_session();
    REQUIRE(lease);
    const Bytes digest(32, 0x5A);
    const auto generate = [&] { return device->run(GenKeyPair{.key = lease->object(), .usage = KeyUsage::sign}); };
    const auto sign = [&] { return device->run(CalcSign{.key = lease->object(), .digest = digest}); };
    REQUIRE(generate());
    REQUIRE(sign());
    REQUIRE(gateway.trustx({"reset"}).ok());

    const auto lost = sign();
    REQUIRE_FALSE(lost);
    CHECK(lost.error() == Errc::session_lost);
    // What is new in it was not lost.
    REQUIRE(generate());
    CHECK(sign());
}

TEST_CASE("programs that come and go neither reset the chip nor open its application again", "[sharing]") {
    const Gateway gateway;
    gateway.check_works();
    const auto device = gateway.device();
    REQUIRE(device->run(GetRandom{.length = 8}));
    for (int i = 0; i < 3; ++i) {
        gateway.check_works();
        REQUIRE(device->run(GetRandom{.length = 8}));
    }
    const auto stats = gateway.chip.stats();
    CAPTURE(stats.dump());
    CHECK(stats.at("commands").at("OpenApplication") == 1);
    CHECK(stats.at("pin_resets") == 0);
    CHECK(stats.at("soft_resets") == 0);
}

TEST_CASE("a program that waits too long for the chip is told which process has it", "[sharing]") {
    const Gateway gateway{200};
    auto holder = gateway.neighbour({"hold"});
    holder.wait_for_line("locked");
    const auto refused = gateway.trustx({"random", "8"});
    CHECK_FALSE(refused.ok());
    CHECK_FALSE(refused.timed_out);
    CHECK_THAT(refused.err, ContainsSubstring(std::to_string(holder.pid())));
    CHECK_THAT(refused.err, ContainsSubstring("trustx_neighbour"));
    holder.kill9();
    gateway.check_works();
}

TEST_CASE("a stopped owner is waited for in bounds, and goes on when it is continued", "[sharing]") {
    const Gateway gateway{200};
    auto holder = gateway.neighbour({"hold"});
    holder.wait_for_line("locked");
    holder.signal(SIGSTOP);
    CHECK_FALSE(gateway.trustx({"random", "8"}).ok());
    holder.signal(SIGCONT);
    CHECK(holder.terminate().ok());
    gateway.check_works();
}

TEST_CASE("a waiter that was stopped holds nobody up where nobody has the chip", "[sharing]") {
    const Gateway gateway{5'000};
    auto holder = gateway.neighbour({"hold"});
    holder.wait_for_line("locked");
    auto waiter = gateway.neighbour({"hold"});
    wait_for_a_queue(gateway.locks());
    waiter.signal(SIGSTOP);
    holder.kill9();
    gateway.check_works();
    const auto device = gateway.device(50ms);  // less than it takes to see that nobody takes the chip
    CHECK(device->run(GetRandom{.length = 8}));
    waiter.signal(SIGCONT);
    waiter.wait_for_line("locked");
}

TEST_CASE("a program that waits in vain is told who has the chip, not who waits", "[sharing]") {
    const Gateway gateway{200};
    const Gateway patient{60'000};
    auto holder = gateway.neighbour({"hold"});
    holder.wait_for_line("locked");
    auto options = gateway.options();
    options.environment["TRUSTX_CONF"] = patient.options().environment["TRUSTX_CONF"];
    const Process waiter{test::program("trustx_neighbour"), {"hold"}, options};
    wait_for_a_queue(gateway.locks());
    const auto refused = gateway.trustx({"random", "8"});
    CHECK_FALSE(refused.ok());
    CHECK_THAT(refused.err, ContainsSubstring("process " + std::to_string(holder.pid()) + " (trustx_neighbour)"));
    CHECK_THAT(refused.err, !ContainsSubstring(std::to_string(waiter.pid())));
}

TEST_CASE("a program that died in the middle of a chain of packets leaves a usable chip", "[sharing]") {
    const Gateway gateway;
    gateway.check_works();
    auto other = gateway.neighbour({"half-a-chain"});
    other.wait_for_line("half written");
    other.kill9();
    gateway.check_works();
    gateway.check_works();
}

TEST_CASE("an answer that another host left unread is not taken for the answer to the next command", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    const auto before = device->run(GetDataObject{.object = object::coprocessor_uid});
    REQUIRE(before);
    auto other = gateway.neighbour({"unread-answer"});
    other.wait_for_line("command written");
    other.kill9();
    const auto after = device->run(GetDataObject{.object = object::coprocessor_uid});
    REQUIRE(after);
    CHECK(*after == *before);
}

TEST_CASE("a chip that was reset by another host serves the next command", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    // At each of the four frame numbers that looks different (chip-i2c.md section 5.3).
    for (int commands = 1; commands <= 8; ++commands) {
        for (int i = 0; i < commands; ++i) {
            REQUIRE(device->run(GetRandom{.length = 8}));
        }
        SystemClock clock;
        auto bus = open_bus(BusAddress::parse(gateway.chip.socket_address()).value(), clock);
        REQUIRE(bus);
        REQUIRE((*bus)->pulse_reset(Deadline::after(clock, 10s)));
        const auto signed_after = device->run(GetRandom{.length = 8});
        INFO((signed_after ? std::string{} : signed_after.error().message()));
        CHECK(signed_after);
    }
}

TEST_CASE("a simulator that was restarted serves the next command", "[sharing]") {
    Gateway gateway;
    const auto device = gateway.device();
    REQUIRE(device->run(GetRandom{.length = 8}));
    gateway.chip.kill9();
    const auto gone = device->run(GetRandom{.length = 8});
    REQUIRE_FALSE(gone);
    CHECK_THAT(gone.error().message(), ContainsSubstring(gateway.chip.path().string()));
    gateway.chip.restart();
    CHECK(device->run(GetRandom{.length = 8}));
}

TEST_CASE("a forked child and its parent use the chip side by side", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    REQUIRE(device->run(GetRandom{.length = 8}));
    auto locked = device->lock();  // at the moment of the fork the parent is in the middle of something
    REQUIRE(locked);
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        bool good = true;
        for (int i = 0; i < 20 && good; ++i) {
            good = device->run(GetRandom{.length = 8}).has_value();
        }
        ::_exit(good ? 0 : 1);
    }
    {
        auto mine = std::move(*locked);
        CHECK(mine.run(GetRandom{.length = 8}));
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(device->run(GetRandom{.length = 8}));
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a program that signs for the first time knows from others how long that takes", "[sharing]") {
    const Gateway gateway{10'000, "typical"};
    const auto made = gateway.trustx({"keygen", "E0F1"});
    INFO(made.both());
    REQUIRE(made.ok());
    const auto transfers_of_a_signature = [&] {
        gateway.chip.reset_stats();
        // A Device of its own has nothing but what stands in the lock file.
        REQUIRE(gateway.device()->run(CalcSign{.key = ObjectId{0xE0F1}, .digest = Bytes(32, 0x11)}));
        return gateway.chip.stats().at("transfers").get<int>();
    };
    static_cast<void>(transfers_of_a_signature());
    CHECK(transfers_of_a_signature() <= 30);
}

TEST_CASE("programs know how often private keys were used since one of them read the counter", "[sharing]") {
    const Gateway gateway;
    REQUIRE(gateway.trustx({"keygen", "E0F1"}).ok());
    const auto one = gateway.device();
    const auto other = gateway.device();
    const auto known = [](Device& device) { return device.lock().value().security_events(); };
    const auto before = known(*other).uses;
    for (int i = 0; i < 20; ++i) {
        REQUIRE(one->run(CalcSign{.key = ObjectId{0xE0F1}, .digest = Bytes(32, 0x11)}));
    }
    CHECK(known(*other).uses > before + 10);  // time may have taken some away
    CHECK_FALSE(known(*other).read_ago);
    REQUIRE(one->run(GetDataObject{.object = object::security_event_counter, .length = 1}));
    CHECK(known(*other).uses == 0);
    CHECK(known(*other).read_ago);
    CHECK(known(*gateway.device()).read_ago);
}

TEST_CASE("programs know how often the chip failed to decrypt, and share one bound", "[sharing]") {
    const Gateway gateway;
    const auto one = gateway.device();
    const auto other = gateway.device();
    REQUIRE(other->run(GetRandom{.length = 8}));
    CHECK(other->decryption_pause(1) == Duration::zero());
    const Bytes record(40);
    for (int i = 0; i < 2; ++i) {
        REQUIRE_FALSE(one->run(DecryptRecord{.session = object::session_1, .record = record}));
    }
    CHECK(other->decryption_pause(2) > 30s);
    CHECK(other->decryption_pause(2) <= 61s);
    CHECK(other->decryption_pause(3) == Duration::zero());
    const auto later = gateway.device();
    REQUIRE(later->run(GetRandom{.length = 8}));
    CHECK(later->decryption_pause(2) > 30s);
}

TEST_CASE("an error of a chip behind a socket has the remedy of one", "[sharing]") {
    const Gateway gateway;
    DeviceOptions options;
    options.lock_directory = gateway.locks();
    auto address = BusAddress::parse(gateway.chip.socket_address()).value();
    address.target = 0x31;
    const auto refused = Device::open(address, options)->run(GetRandom{.length = 8});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::no_chip);
    CHECK(refused.error().remedy() == Error{Errc::no_chip}.behind_socket().remedy());
}

TEST_CASE("a thread that is cancelled ends after the work on the chip, and leaves nothing behind", "[sharing]") {
    const Gateway gateway;
    DeviceOptions options;
    options.lock_directory = gateway.locks();
    options.trace.file = gateway.chip.directory() / "trace";
    const auto open = [&] { return Device::open(BusAddress::parse(gateway.chip.address()).value(), options); };
    const auto random = [](auto& device) { return device.run(GetRandom{.length = 8}).has_value(); };
    const auto device = open();
    std::function<bool()> work;
    SECTION("open, run, close") {
        work = [&] { return random(*open()); };
    }
    SECTION("lock, run twice, note, unlock") {
        work = [&] {
            auto locked = device->lock();
            if (!locked) {
                return false;
            }
            locked->note("a note");
            return random(*locked) && random(*locked);
        };
    }
    SECTION("lock another device by assignment") {
        work = [&] {
            const auto other = open();
            auto locked = device->lock();
            auto locked_too = other->lock();
            if (!locked) {
                return false;
            }
            locked = std::move(locked_too);
            return device->lock().has_value();
        };
    }
    SECTION("reset") {
        work = [&] { return device->reset().has_value(); };
    }
    SECTION("lease a session") {
        work = [&] {
            auto lease = device->lease_session();
            lease = device->lease_session();
            return lease.has_value();
        };
    }
    SECTION("settings from a file") {
        ::setenv("TRUSTX_CONF", (gateway.chip.directory() / "trustx.conf").c_str(), 1);
        work = [] { return resolve_settings({}).has_value(); };
    }
    const auto thread = test::run_cancelled(work);
    CHECK(thread.finished);
    CHECK(thread.good);
    CHECK(thread.cancelled);
    ::unsetenv("TRUSTX_CONF");
    CHECK(random(*device));
    gateway.check_works();
}

TEST_CASE("a thread that is cancelled while it holds the lock releases it", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    const auto thread = test::run_cancelled([&] {
        const auto locked = device->lock();
        ::pthread_testcancel();
        return true;
    });
    CHECK_FALSE(thread.finished);
    CHECK(thread.cancelled);
    CHECK(device->run(GetRandom{.length = 8}));
    gateway.check_works();
}

TEST_CASE("session objects are distributed among processes, and freed when one ends", "[sharing]") {
    const Gateway gateway{200};
    auto first = gateway.neighbour({"lease", "3"});
    first.wait_for_line("done");
    const auto device = gateway.device(100ms);
    {
        const auto mine = device->lease_session();
        REQUIRE(mine);
        CHECK_THAT(first.out(), !ContainsSubstring(mine->object().hex()));
        const auto refused = device->lease_session();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Errc::lock_timeout);
    }
    first.kill9();
    std::vector<SessionLease> all;
    std::set<std::uint16_t> objects;
    for (int i = 0; i < 4; ++i) {
        auto session = device->lease_session();
        REQUIRE(session);
        objects.insert(session->object().value);
        all.push_back(std::move(*session));
    }
    CHECK(objects == std::set<std::uint16_t>{0xE100, 0xE101, 0xE102, 0xE103});
}

TEST_CASE("a session object is leased again by whoever had it last", "[sharing]") {
    const Gateway gateway{200};
    const auto device = gateway.device(100ms);
    const auto take = [&](int how_many) {
        std::vector<SessionLease> leases;
        for (int i = 0; i < how_many; ++i) {
            leases.push_back(device->lease_session().value());
        }
        return leases;
    };
    auto leases = take(1);
    const auto object = leases.front().object();
    const auto number = leases.front().number();
    const auto again = [&](std::uint32_t with) { return device->lock().value().lease_session_again(object, with); };
    CHECK_FALSE(again(number).value());  // in use
    CHECK_FALSE(device->is_set_aside(object, number));
    std::move(leases.front()).set_aside(0ms);
    CHECK(leases.front().object() == ObjectId{0});
    leases.clear();
    CHECK_FALSE(again(number - 1).value());
    {
        const auto back = again(number).value();
        REQUIRE(back);
        CHECK(back->object() == object);
        CHECK(back->number() != number);
        CHECK_FALSE(again(back->number()).value());
    }
    CHECK_FALSE(again(number).value());  // leased since, if by ourselves
    const auto set_aside = [](std::optional<SessionLease> lease) {
        const auto last = lease.value().number();
        std::move(*lease).set_aside(0ms);
        return last;
    };
    SECTION("after this process leased others, which it takes first") {
        auto last = set_aside(again(number + 1).value());
        for (int i = 0; i < 4; ++i) {
            CHECK(take(1).front().object() != object);
        }
        last = set_aside(again(last).value());
        leases = take(4);
        leases.clear();
        CHECK_FALSE(again(last).value());
    }
    SECTION("not after another process had it") {
        const auto last = set_aside(again(number + 1).value());
        auto other = gateway.neighbour({"lease", "4"});
        other.wait_for_line("done");
        CHECK_FALSE(again(last).value());
        other.kill9();
        CHECK_FALSE(again(last).value());
    }
    SECTION("not when the lock file is another one") {
        const auto last = set_aside(again(number + 1).value());
        for (const auto& file : std::filesystem::directory_iterator{gateway.locks()}) {
            std::filesystem::remove(file.path());
        }
        CHECK_FALSE(again(last).value());
        leases = take(4);
        leases.clear();
        CHECK_FALSE(again(last).value());
    }
    CHECK(device->lock().value().lease_session_again(ObjectId{0xE0F1}, number).error() == Errc::argument_invalid);
}

TEST_CASE("nobody else leases a session object that is set aside, until the time is over", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device(10s);
    const auto set_aside = [&](std::chrono::milliseconds time) {
        auto lease = device->lease_session().value();
        const std::pair key{lease.object(), lease.number()};
        std::move(lease).set_aside(time);
        return key;
    };
    const auto [object, number] = set_aside(5s);
    CHECK(device->is_set_aside(object, number));
    CHECK_FALSE(device->is_set_aside(object, number - 1));
    auto other = gateway.neighbour({"lease", "3"});
    other.wait_for_line("done");
    SECTION("its holder does") {
        CHECK(device->lock().value().lease_session_again(object, number).value());
        CHECK_FALSE(device->is_set_aside(object, number));
    }
    SECTION("others wait for that") {
        auto waiting = gateway.neighbour({"lease", "1"});
        SECTION("and the holder is not behind them") {
            CHECK(device->lock().value().lease_session_again(object, number).value());
        }
        SECTION("and get it when it is not wanted any more") {
            device->stop_setting_aside(object, number - 1);
            CHECK(device->is_set_aside(object, number));
            device->stop_setting_aside(object, number);
        }
        waiting.wait_for_line("leased " + object.hex());
        CHECK_FALSE(device->lock().value().lease_session_again(object, number).value());
    }
    SECTION("threads of its own as well") {
        CHECK(device->lease_session(0ms).error() == Errc::lock_timeout);
    }
}

TEST_CASE("a session object that was set aside is another's after the time", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device(10s);
    std::vector<std::pair<ObjectId, std::uint32_t>> all;
    for (const auto time : {40ms, 20ms, 30ms, 10ms}) {
        auto lease = device->lease_session().value();
        all.emplace_back(lease.object(), lease.number());
        std::move(lease).set_aside(time);
    }
    // Whichever was set aside first goes first, by time of its end.
    for (const int next : {3, 1, 2, 0}) {
        auto other = gateway.neighbour({"lease", "1"});
        other.wait_for_line("leased " + all.at(static_cast<std::size_t>(next)).first.hex());
        CHECK_FALSE(device->lock()
                        .value()
                        .lease_session_again(all.at(static_cast<std::size_t>(next)).first,
                                             all.at(static_cast<std::size_t>(next)).second)
                        .value());
        other.kill9();
        auto keep = device->lease_session(0ms);
        CHECK((!keep || keep->object() == all.at(static_cast<std::size_t>(next)).first));
        if (keep) {
            std::move(*keep).set_aside(5s);
        }
    }
}

TEST_CASE("a session object is lost with its lock file when another process had it meanwhile", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device();
    const auto lease = device->lease_session();
    REQUIRE(lease);
    REQUIRE(device->run(GenKeyPair{.key = lease->object(), .curve = Curve::p256, .usage = KeyUsage::sign}));
    const auto sign = [&] { return device->run(CalcSign{.key = lease->object(), .digest = Bytes(32)}); };
    for (const auto& file : std::filesystem::directory_iterator{gateway.locks()}) {
        std::filesystem::remove(file.path());
    }
    SECTION("and kept when none had") {
        CHECK(sign());
    }
    SECTION("and lost when one had") {
        auto other = gateway.neighbour({"lease", "4"});
        other.wait_for_line("done");
        other.kill9();
        CHECK(sign().error() == Errc::session_lost);
    }
}

TEST_CASE("a thread that holds the chip is told at once that it waits for a session object in vain", "[sharing]") {
    const Gateway gateway;
    const auto device = gateway.device(10s);
    std::vector<SessionLease> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(device->lease_session().value());
    }
    // Another thread waits already: it has a number of the queue.
    const auto queue = [&] {
        const std::filesystem::directory_iterator file{gateway.locks()};
        return test::read_file(file->path()).substr(session_queue_at, 8);
    };
    const auto nobody = queue();
    auto waiting = std::async(std::launch::async, [&] { return device->lease_session(10s).has_value(); });
    while (queue() == nobody) {
        std::this_thread::yield();
    }
    {
        const auto locked = device->lock();
        REQUIRE(locked);
        CHECK(device->lease_session(10s).error() == Errc::already_locked);
    }
    all.pop_back();
    CHECK(waiting.get());
}

TEST_CASE("lock files of a former boot, or of another program, do no harm", "[sharing]") {
    const Gateway gateway;
    gateway.check_works();
    for (const auto& file : std::filesystem::directory_iterator{gateway.locks()}) {
        test::write_file(file.path(), std::string(4000, 'x'));
    }
    gateway.check_works();
    for (const auto& file : std::filesystem::directory_iterator{gateway.locks()}) {
        test::write_file(file.path(), "");
    }
    gateway.check_works();
}

TEST_CASE("a lock directory that cannot be used is named, with what to do", "[sharing]") {
    const Gateway gateway;
    auto options = gateway.options();
    SECTION("because there is no such place") {
        options.environment["TRUSTX_LOCK_DIRECTORY"] = "/proc/none/locks";
    }
    SECTION("because it is a file") {
        test::write_file(gateway.chip.directory() / "file", "");
        options.environment["TRUSTX_LOCK_DIRECTORY"] = gateway.chip.directory() / "file";
    }
    const auto refused = test::run(test::program("trustx"), {"random", "8"}, options);
    CHECK_FALSE(refused.ok());
    CHECK_THAT(refused.err, ContainsSubstring(options.environment["TRUSTX_LOCK_DIRECTORY"]));
}

TEST_CASE("a full lock directory is reported", "[sharing]") {
    if (test::skipped_under_thread_sanitizer("it does not start where nothing may be written")) {
        return;
    }
    const Gateway gateway;
    // A process that may not write a single byte meets the same refusal as on a full disk.
    const auto refused = test::run("prlimit", {"--fsize=0", test::program("trustx"), "random", "8"}, gateway.options());
    CHECK_FALSE(refused.ok());
    CHECK_THAT(refused.err, ContainsSubstring(gateway.locks().string()));
    gateway.check_works();
}

// Run as root only: these tests become another user.
TEST_CASE("two users share a chip, and one without permission is told so", "[.][root][sharing]") {
    REQUIRE(::geteuid() == 0);
    const Gateway gateway;
    gateway.check_works();  // root makes the lock directory and the lock file
    const auto& chip = gateway.chip.directory().path();
    std::filesystem::permissions(chip, std::filesystem::perms{0755});
    std::filesystem::permissions(gateway.chip.socket(), std::filesystem::perms{0666});
    // The build tree may lie where the user nobody cannot go.
    const auto program = chip / "trustx";
    std::filesystem::copy_file(test::program("trustx"), program);
    std::filesystem::copy_file(test::library(), chip / test::library().filename());
    const auto as_nobody = [&](ProcessOptions options) {
        options.environment["LD_LIBRARY_PATH"] = chip;
        return test::run("setpriv",
                         {"--reuid=nobody", "--regid=nogroup", "--clear-groups", program, "random", "8", "--hex"},
                         options);
    };
    const auto shared = as_nobody(gateway.options());
    INFO(shared.both());
    CHECK(shared.ok());

    // A lock file that root made for root only: the user nobody must not use the chip without the lock.
    auto closed = gateway.options();
    closed.environment["TRUSTX_LOCK_DIRECTORY"] = chip / "closed";
    std::filesystem::create_directory(chip / "closed");
    std::filesystem::permissions(chip / "closed", std::filesystem::perms{0700});
    const auto refused = as_nobody(closed);
    CHECK_FALSE(refused.ok());
    CHECK_THAT(refused.err, ContainsSubstring((chip / "closed").string()));
    CHECK_THAT(refused.err, ContainsSubstring("ermission"));
}
