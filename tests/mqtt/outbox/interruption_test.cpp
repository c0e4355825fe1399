// SPDX-License-Identifier: Apache-2.0
// A spool that is ended at each step of its life: by SIGKILL, by a power cut that loses what was not synced, by a disk
// without space, by a sync that fails. Steps are counted by the disk, so none is left out.
#include "faulty_disk.hpp"
#include "spool_script.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <cstdlib>
#include <optional>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;
using trustx::mqtt::Cause;
using trustx::mqtt::Spool;
using trustx::mqtt::SpoolSettings;
using Fault = FaultyDisk::Fault;

namespace {

SpoolSettings settings_in(const TempDir& directory, const char* vfs = nullptr) {
    return {.directory = directory / "spool", .client_id = "gateway-1", .log_pages = 6, .vfs = vfs};
}

// Expectation is what the spool has if the operation that was interrupted counts, and if it does not.
struct Expectation {
    Held before;
    Held after;

    [[nodiscard]] SpoolScript::Listener listener() {
        return {[this](const Held& held) { after = held; }, [this] { before = after; }};
    }
};

std::string joined(const Held& held) {
    std::string text;
    for (const auto& payload : held) {
        text += payload.substr(0, payload.find(':')) + "/" + std::to_string(payload.size()) + " ";
    }
    return text;
}

void check(const trustx::mqtt::Result<Held>& found, const Expectation& expected) {
    INFO((found ? "found: " + joined(*found) : to_string(found.error())));
    INFO("before the operation: " << joined(expected.before) << "; after it: " << joined(expected.after));
    REQUIRE(found);
    CHECK((*found == expected.before || *found == expected.after));
}

int steps_of_the_script() {
    static const int steps = [] {
        const TempDir directory;
        FaultyDisk disk;
        Expectation expected;
        const auto run = SpoolScript{settings_in(directory, disk.name()), expected.listener()}.run();
        INFO((run ? "" : to_string(run.error())));
        REQUIRE(run);
        CHECK(held_by(settings_in(directory)) == expected.after);
        return disk.steps();
    }();
    return steps;
}

// Shared is memory that a child process writes and its parent reads.
class Shared {
 public:
    Shared()
        : text_{static_cast<char*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))} {}
    ~Shared() { ::munmap(text_, size); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    void set(const Held& held) {
        std::string all;
        for (const auto& payload : held) {
            all += payload + "\n";
        }
        REQUIRE(all.size() < size);
        all.copy(text_, all.size());
        text_[all.size()] = 0;
    }
    [[nodiscard]] Held get() const {
        Held held;
        for (std::string_view left{text_}; !left.empty(); left.remove_prefix(left.find('\n') + 1)) {
            held.emplace_back(left.substr(0, left.find('\n')));
        }
        return held;
    }

 private:
    static constexpr std::size_t size = std::size_t{256} * 1024;
    char* text_;
};

}  // namespace

TEST_CASE("a spool that is killed at any of its steps has all that it accepted, once and in order",
          "[outbox][spool][kill]") {
    const int steps = steps_of_the_script();
    CHECK(steps > 60);
    for (int step = 1; step <= steps; ++step) {
        INFO("step " << step << " of " << steps);
        const TempDir directory;
        Shared before;
        Shared after;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            FaultyDisk disk;
            disk.fail_at(step, Fault::kill);
            SpoolScript::Listener listener{[&](const Held& held) { after.set(held); },
                                           [&] { before.set(after.get()); }};
            static_cast<void>(SpoolScript{settings_in(directory, disk.name()), listener}.run());
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        check(held_by(settings_in(directory)), {before.get(), after.get()});
    }
}

TEST_CASE("a spool that is ended in the middle of any write has all that it accepted", "[outbox][spool][kill]") {
    const int steps = steps_of_the_script();
    for (int step = 1; step <= steps; ++step) {
        INFO("step " << step << " of " << steps);
        const TempDir directory;
        FaultyDisk disk;
        disk.fail_at(step, Fault::torn);
        Expectation expected;
        static_cast<void>(SpoolScript{settings_in(directory, disk.name()), expected.listener()}.run());
        check(held_by(settings_in(directory)), expected);
    }
}

TEST_CASE("a spool whose power is cut at any of its steps has all that it accepted, once and in order",
          "[outbox][spool][power]") {
    const auto* more = std::getenv("TRUSTX_TEST_CUTS");
    const unsigned cuts = more == nullptr ? 4 : static_cast<unsigned>(std::strtoul(more, nullptr, 10));
    const int steps = steps_of_the_script();
    for (int step = 1; step <= steps + 1; ++step) {
        for (unsigned seed = 0; seed < cuts; ++seed) {
            INFO("step " << step << " of " << steps << ", seed " << seed);
            const TempDir directory;
            FaultyDisk disk;
            disk.fail_at(step, Fault::gone);
            Expectation expected;
            static_cast<void>(SpoolScript{settings_in(directory, disk.name()), expected.listener()}.run());
            std::mt19937 generator{seed};
            disk.cut_power(generator);
            check(held_by(settings_in(directory)), expected);
        }
    }
}

TEST_CASE("a spool whose disk is full from any of its steps on says so, loses nothing, and goes on when there is space",
          "[outbox][spool][full]") {
    const int steps = steps_of_the_script();
    int refusals = 0;
    for (int step = 1; step <= steps; ++step) {
        INFO("step " << step << " of " << steps);
        const TempDir directory;
        FaultyDisk disk;
        disk.fail_at(step, Fault::full);
        Expectation expected;
        const auto space = [&] {
            ++refusals;
            disk.mend();
        };
        const auto run = SpoolScript{settings_in(directory, disk.name()), expected.listener(), space}.run();
        INFO((run ? "" : to_string(run.error())));
        REQUIRE(run);
        CHECK(held_by(settings_in(directory)) == expected.after);
    }
    CHECK(refusals > 20);
}

TEST_CASE("a spool whose sync fails at any of its steps reports it, and has all that it accepted",
          "[outbox][spool][sync]") {
    const int steps = steps_of_the_script();
    int reported = 0;
    for (int step = 1; step <= steps; ++step) {
        INFO("step " << step << " of " << steps);
        const TempDir directory;
        FaultyDisk disk;
        disk.fail_at(step, Fault::sync_fails);
        Expectation expected;
        const auto run = SpoolScript{settings_in(directory, disk.name()), expected.listener()}.run();
        if (!run) {
            CHECK(run.error().cause == Cause::spool_failed);
            ++reported;
        }
        std::mt19937 generator{static_cast<unsigned>(step)};
        disk.cut_power(generator);
        check(held_by(settings_in(directory)), expected);
    }
    CHECK(reported > 20);
}
