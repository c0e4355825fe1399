// SPDX-License-Identifier: Apache-2.0
#include "handler/handler_process.hpp"

#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <vector>

#include <poll.h>

using namespace trustx;

namespace {

void read_to_the_end_of_its_output(mqtt::HandlerProcess& handler) {
    for (auto open = handler.descriptors(); !open.empty(); open = handler.descriptors()) {
        pollfd output{.fd = open.front(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&output, 1, 30'000) == 1);
        handler.readable(output.fd);
    }
}

}  // namespace

// Its end follows that of its output, and nothing but the clock tells when to look.
TEST_CASE("a handler whose output has ended is looked at until it has ended itself", "[handler]") {
    test::VirtualClock clock;
    auto handler = mqtt::HandlerProcess::start({.words = {"sh", "-c", "exec >&- 2>&-; exec sleep 1000"}}, clock,
                                               std::chrono::minutes{1});
    REQUIRE(handler);
    read_to_the_end_of_its_output(*handler);
    for (int look = 0; look < 3; ++look) {
        REQUIRE_FALSE(handler->ended());
        const auto at = handler->wakes_at();
        REQUIRE(at);
        CHECK(*at > clock.now());
        clock.sleep_until(*at);
        CHECK(handler->wakes_at() <= clock.now());
    }
}
