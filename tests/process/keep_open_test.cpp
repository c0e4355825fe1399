// SPDX-License-Identifier: Apache-2.0
// A process that opens bus and lock file before it gives up the way to them: what it and its children do with the
// descriptors that they have.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/simulator.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>

#include <array>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx;
using namespace std::chrono_literals;
using test::Simulator;

namespace {

// Gone is a chip whose socket and lock directory have other names after the devices were opened, so that their paths
// lead nowhere.
struct Gone {
    Simulator chip;

    [[nodiscard]] std::unique_ptr<Device> device(bool keep_open = true,
                                                 std::chrono::milliseconds patience = 10s) const {
        DeviceOptions options;
        options.lock_timeout = patience;
        options.lock_directory = chip.directory() / "locks";
        options.keep_open = keep_open;
        return Device::open(BusAddress::parse(chip.socket_address()).value(), options);
    }
    void take_away() const {
        std::filesystem::rename(chip.directory() / "locks", chip.directory() / "moved");
        std::filesystem::rename(chip.socket(), chip.directory() / "moved-chip");
    }
    void bring_back() const {
        std::filesystem::remove_all(chip.directory() / "locks");  // which somebody made who missed it
        std::filesystem::rename(chip.directory() / "moved", chip.directory() / "locks");
        std::filesystem::rename(chip.directory() / "moved-chip", chip.socket());
    }
};

bool works(Device& device, int times = 1) {
    for (int i = 0; i < times; ++i) {
        if (!device.run(GetRandom{.length = 8})) {
            return false;
        }
    }
    return true;
}

int exit_status(pid_t child) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Pipe is how a child says that it is somewhere.
struct Pipe {
    Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void say() const { static_cast<void>(!::write(ends[1], "x", 1)); }
    void wait() const {
        char byte = 0;
        REQUIRE(::read(ends[0], &byte, 1) == 1);
    }

    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("a device that keeps open what it needs works when the paths are gone, in forked children too",
          "[keep_open]") {
    const Gone gone;
    const auto device = gone.device();
    const auto ordinary = gone.device(false, 100ms);
    gone.take_away();
    CHECK_FALSE(works(*ordinary));
    constexpr int commands = 30;
    CHECK(works(*device));
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
        const pid_t child = test::fork_with_deadline();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::_exit(works(*device, commands) ? 0 : 1);
        }
        children.push_back(child);
    }
    CHECK(works(*device, commands));
    for (const pid_t child : children) {
        CHECK(exit_status(child) == 0);
    }
    gone.bring_back();
    CHECK(works(*ordinary));
    CHECK(gone.chip.stats().at("commands").at("GetRandom") == 2 + 4 * commands);
}

TEST_CASE("a process and its child exclude each other with the descriptor that they share", "[keep_open]") {
    const Gone gone;
    const auto device = gone.device(true, 100ms);
    gone.take_away();
    {
        const auto locked = device->lock();
        REQUIRE(locked);
        const pid_t child = test::fork_with_deadline();
        if (child == 0) {
            const auto refused = device->lock();
            const auto owner = "process " + std::to_string(::getppid()) + " (";
            ::_exit(!refused && refused.error() == Errc::lock_timeout &&
                            refused.error().message().find(owner) != std::string::npos
                        ? 0
                        : 1);
        }
        CHECK(exit_status(child) == 0);
    }
    const Pipe pipe;
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        const auto locked = device->lock();
        pipe.say();
        for (;;) {
            ::pause();
        }
    }
    pipe.wait();
    CHECK_FALSE(device->lock());
    ::kill(child, SIGKILL);
    CHECK(exit_status(child) == 128 + SIGKILL);
    CHECK(device->lock());
}

TEST_CASE("the lock of a killed process does not live on in its child", "[keep_open]") {
    const Gone gone;
    const auto device = gone.device(GENERATE(true, false), 5s);
    const Pipe pipe;
    const Pipe end;
    const pid_t holder = test::fork_with_deadline();
    if (holder == 0) {
        const auto locked = device->lock();
        if (test::fork_with_deadline() == 0) {
            pipe.say();
            end.wait();
            ::_exit(0);
        }
        for (;;) {
            ::pause();
        }
    }
    pipe.wait();
    ::kill(holder, SIGKILL);
    CHECK(exit_status(holder) == 128 + SIGKILL);
    CHECK(works(*device));
    end.say();
}

TEST_CASE("handles of one process that keep open what they need exclude each other", "[keep_open]") {
    const Gone gone;
    const auto first = gone.device(true, 100ms);
    const auto second = gone.device(true, 100ms);
    auto third = gone.device(false, 100ms);
    REQUIRE(works(*third));
    {
        const auto locked = first->lock();
        REQUIRE(locked);
        const auto refused = second->lock();
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == Errc::lock_timeout);
        CHECK_FALSE(third->lock());
        third.reset();  // closes a descriptor of the lock file, or leaves it open
        const pid_t child = test::fork_with_deadline();
        if (child == 0) {
            ::_exit(gone.device(false, 100ms)->lock() ? 1 : 0);
        }
        CHECK(exit_status(child) == 0);
    }
    CHECK(works(*second));
    std::set<ObjectId> leased;
    std::vector<SessionLease> leases;
    for (int i = 0; i < 4; ++i) {
        auto lease = (i % 2 == 0 ? first : second)->lease_session();
        REQUIRE(lease);
        leased.insert(lease->object());
        leases.push_back(*std::move(lease));
    }
    CHECK(leased.size() == 4);
    CHECK_FALSE(second->lease_session());
    const pid_t child = test::fork_with_deadline();
    if (child == 0) {
        ::_exit(first->lease_session() ? 1 : 0);
    }
    CHECK(exit_status(child) == 0);
}

TEST_CASE("what is kept open is no directory", "[keep_open]") {
    const Gone gone;
    const auto device = gone.device();
    REQUIRE(works(*device));
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        struct stat status {};
        if (::stat(entry.path().c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
            // The iteration itself.
            CHECK(std::filesystem::read_symlink(entry.path()).string().find("/proc/") == 0);
        }
    }
}

// Run as root only: chroot(2).
TEST_CASE("in a chroot the chip is used by what was opened before, and otherwise the error says so",
          "[.][root][keep_open]") {
    REQUIRE(::geteuid() == 0);
    const Gone gone;
    const auto jail = gone.chip.directory() / "jail";
    REQUIRE(std::filesystem::create_directory(jail));
    for (const bool used_before : {false, true}) {
        const auto device = gone.device();
        const auto ordinary = gone.device(false);
        REQUIRE((!used_before || (works(*device) && works(*ordinary))));
        const pid_t child = test::fork_with_deadline();
        if (child == 0) {
            if (::chroot(jail.c_str()) != 0 || ::chdir("/") != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) {
                ::_exit(2);
            }
            const auto refused = ordinary->lock();
            ::_exit(works(*device, 3) && !refused && refused.error() == Errc::root_changed ? 0 : 1);
        }
        CHECK(exit_status(child) == 0);
        CHECK(works(*device));
    }
}
