// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt whose output is not read, or not to its end: it can be ended, and its memory is bounded.
#include "broker_world.hpp"
#include "common/io/unique_fd.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
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
    // read_more waits until there is something, and reads once; nothing at the deadline.
    [[nodiscard]] std::string read_more(std::chrono::steady_clock::time_point deadline) const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{reading_.get(), POLLIN, 0};
        if (::poll(&readable, 1, static_cast<int>(std::max<long>(left.count(), 0))) <= 0) {
            return {};
        }
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
    world.broker.wait_for_log("Sending SUBACK to mute");
    CHECK(world.run_client("pub", {"-t", "t", "-m", "x", "--repeat", "3000"}).status == 0);
    world.broker.wait_for_log("Received PUBACK from mute (Mid: 3000");
    const auto outcome = client.terminate();
    CHECK(outcome.status == 0);
    CHECK_FALSE(outcome.timed_out);
}

TEST_CASE("what nobody reads does not fill the memory, and stays with the broker", "[mqtt][output]") {
    SoftwareWorld world;
    const Unread pipe{world.file("pipe")};
    const std::vector<std::string> session{"-c", "--subscribe", "t"};
    auto slow = start_into(world, ">" + world.file("pipe"), "keeper", session);
    slow.wait_for_error_line("subscribed to t");
    const std::string text(100'000, 'x');
    constexpr std::size_t count = 90;
    CHECK(world.run_client("pub", {"-t", "t", "-s", "--repeat", std::to_string(count)}, {.input = text}).status == 0);
    slow.wait_for_error_line("there is no connection until it was read");
    // Some may come twice: those that were on their way when the connection was left.
    const std::size_t all = count * (text.size() + 1);
    const auto until = std::chrono::steady_clock::now() + patience();
    std::size_t received = 0;
    while (received < all && std::chrono::steady_clock::now() < until) {
        received += pipe.read_more(until).size();
    }
    CHECK(received >= all);
    const auto outcome = slow.terminate();
    INFO(outcome.both());
    CHECK(outcome.status == 0);
}
