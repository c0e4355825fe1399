// SPDX-License-Identifier: Apache-2.0
#include "handler/handler_process.hpp"

#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <poll.h>

using namespace trustx;

namespace {

// wait_until_left reads until so many descriptors are left.
void wait_until_left(mqtt::HandlerProcess& handler, std::size_t count) {
    for (auto open = handler.descriptors(); open.size() > count; open = handler.descriptors()) {
        std::vector<pollfd> polled;
        for (const int fd : open) {
            polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
        }
        REQUIRE(::poll(polled.data(), polled.size(), 30'000) > 0);
        for (const auto& one : polled) {
            if (one.revents != 0) {
                handler.readable(one.fd);
            }
        }
        static_cast<void>(handler.ended());
    }
}

}  // namespace

TEST_CASE("a handler whose output has ended is waited for until it has ended itself", "[handler]") {
    test::VirtualClock clock;
    auto handler = mqtt::HandlerProcess::start({.words = {"sh", "-c", "exec >&- 2>&-; exec sleep 1000"}}, clock,
                                               std::chrono::minutes{1});
    REQUIRE(handler);
    wait_until_left(*handler, 1);
    REQUIRE_FALSE(handler->ended());
    CHECK(handler->wakes_at() == clock.now() + std::chrono::minutes{1});
    clock.sleep_until(*handler->wakes_at());
    CHECK_FALSE(handler->ended());  // it is asked to end
    pollfd end{.fd = handler->descriptors().front(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&end, 1, 30'000) == 1);
    const auto outcome = handler->ended();
    REQUIRE(outcome);
    CHECK(outcome->ending == process::Ending::too_late);
}

TEST_CASE("what a handler leaves behind holds its output for two seconds at most", "[handler]") {
    test::VirtualClock clock;
    auto handler = mqtt::HandlerProcess::start({.words = {"sh", "-c", "sleep 1000 & echo $!; exit 3"}}, clock,
                                               std::chrono::minutes{1});
    REQUIRE(handler);
    wait_until_left(*handler, 2);
    const auto at = handler->wakes_at();
    REQUIRE(at);
    CHECK(*at == clock.now() + process::output_after_end);
    clock.sleep_until(*at);
    const auto outcome = handler->ended();
    REQUIRE(outcome);
    CHECK(outcome->ending == process::Ending::exited);
    CHECK(outcome->number == 3);
    CHECK(::kill(std::stoi(std::string{text::as_text(outcome->output)}), SIGKILL) == 0);
}
