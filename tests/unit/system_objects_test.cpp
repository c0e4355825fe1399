// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/system_objects.hpp>

using namespace trustx;
using namespace std::chrono_literals;

TEST_CASE("private keys are delayed from a counter of 128 on, and by tmax at 255", "[system_objects]") {
    const auto delay = [](std::uint8_t value) { return SecurityEventCounter{value}.delay(); };
    CHECK(delay(0) == 0ms);
    CHECK(delay(127) == 0ms);
    CHECK(delay(128) > 0ms);
    CHECK(delay(128) < 100ms);
    CHECK(delay(255) == 5s);
    for (std::uint8_t value = 128; value < 255; ++value) {
        CHECK(delay(value) < delay(static_cast<std::uint8_t>(value + 1)));
    }
    CHECK_FALSE(SecurityEventCounter{127}.throttled());
    CHECK(SecurityEventCounter{128}.throttled());
}
