// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt whose output is not read, or not to its end: it can be ended, and the broker keeps what was not written.
#include "common/io/unique_fd.hpp"
#include "software_world.hpp"
#include "support/catch.hpp"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::test;

namespace {

// Unread is a pipe with a name that somebody has open and does not read.
class Unread {
 public:
    explicit Unread(const std::string& path) {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        reading_ = UniqueFd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    }
    // read_more reads once, whatever is there.
    std::string read_more() const {
        std::array<char, 65536> part{};
        const auto count = ::read(reading_.get(), part.data(), part.size());
        return {part.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    }

 private:
    UniqueFd reading_;
};

// start_into starts a client by a shell, with a redirection.
Process start_into(const SoftwareWorld& world, const std::string& redirection, const std::string& id,
                   const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"-c", "exec \"$0\" \"$@\" " + redirection, program("trustx-mqtt")};
    for (const auto& one : world.arguments(id, more)) {
        arguments.push_back(one);
    }
    return {"/bin/sh", arguments, {.without_environment = {"OPENSSL_CONF"}}};
}

}  // namespace

TEST_CASE("trustx-mqtt whose output nobody reads can be ended", "[mqtt][output]") {
    SoftwareWorld world;
    const Unread pipe{world.file("pipe")};
    auto client = start_into(world, ">" + world.file("pipe"), "blocked", {"--subscribe", "t", "-v"});
    client.wait_for_error_line("subscribed to t");
    const std::string text(150'000, 'x');
    CHECK(world.run_client("pub", {"-t", "t", "-s", "--repeat", "5"}, {.input = text}).status == 0);
    client.wait_for_error_line("received 150000 bytes");
    const auto outcome = client.terminate();
    CHECK(outcome.status == 0);
    CHECK_FALSE(outcome.timed_out);
}

TEST_CASE("trustx-mqtt whose messages nobody reads can be ended", "[mqtt][output]") {
    SoftwareWorld world;
    const Unread pipe{world.file("pipe")};
    auto client = start_into(world, "2>" + world.file("pipe"), "mute", {"--subscribe", "t", "-v"});
    world.broker().wait_for_log("Sending SUBACK to mute");
    CHECK(world.run_client("pub", {"-t", "t", "-m", "x", "--repeat", "3000"}).status == 0);
    world.broker().wait_for_log("Received PUBACK from mute (Mid: 3000");
    const auto outcome = client.terminate();
    CHECK(outcome.status == 0);
    CHECK_FALSE(outcome.timed_out);
}

TEST_CASE("what a persistent session's reader has not got stays with the broker", "[mqtt][output]") {
    SoftwareWorld world;
    const std::string version = GENERATE("3.1.1", "5");
    CAPTURE(version);
    const std::vector<std::string> session{"-V", version, "-c", "--subscribe", "t"};
    auto first = world.start_client("keeper", session);
    first.wait_for_error_line("subscribed to t");
    CHECK(first.terminate().status == 0);

    SECTION("after the messages that were asked for") {
        CHECK(world.run_client("pub", {"-t", "t", "-l"}, {.input = "1\n2\n3\n"}).status == 0);
        auto one = session;
        one.insert(one.end(), {"-C", "1"});
        // An acknowledgement may be lost with the connection that ends right after it.
        std::string all;
        for (int run = 0; run < 10 && all.find("3\n") == std::string::npos; ++run) {
            const auto outcome = world.run_client("keeper", one);
            INFO(outcome.both());
            REQUIRE(outcome.status == 0);
            REQUIRE(outcome.out.size() == 2);
            all += all.ends_with(outcome.out) ? "" : outcome.out;
        }
        CHECK(all == "1\n2\n3\n");
    }
    SECTION("when it was killed") {
        const std::string text(150'000, 'x');
        const Unread pipe{world.file("pipe")};
        auto more = session;
        more.emplace_back("-v");
        auto slow = start_into(world, ">" + world.file("pipe"), "keeper", more);
        slow.wait_for_error_line("subscribed to t");
        CHECK(world.run_client("pub", {"-t", "t", "-s"}, {.input = text}).status == 0);
        slow.wait_for_error_line("received 150000 bytes");
        slow.kill9();
        CHECK(pipe.read_more().size() < text.size());
        auto one = session;
        one.insert(one.end(), {"-C", "1"});
        const auto outcome = world.run_client("keeper", one);
        CHECK(outcome.status == 0);
        CHECK(outcome.out == text + "\n");
    }
}
