// SPDX-License-Identifier: Apache-2.0
// The chip's state and settings.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/system_objects.hpp>

using namespace trustx;
using namespace std::chrono_literals;
using test::Chip;

TEST_CASE("a chip as delivered tells the values that real chips were recorded with", "[system_objects]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK(read_sleep_activation_delay(locked) == 20ms);
    CHECK(read_current_limitation(locked) == 6);
    CHECK(read_security_event_counter(locked) == SecurityEventCounter{0});
    CHECK(read_chip_security_status(locked) == SecurityStatus{0});
    CHECK(read_application_security_status(locked) == SecurityStatus{0});
}

TEST_CASE("settings are taken within their limits and refused outside them", "[system_objects]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(write_sleep_activation_delay(locked, 255ms));
    CHECK(read_sleep_activation_delay(locked) == 255ms);
    REQUIRE(write_current_limitation(locked, 15));
    CHECK(read_current_limitation(locked) == 15);
    for (const auto& result : {write_sleep_activation_delay(locked, 19ms), write_sleep_activation_delay(locked, 256ms),
                               write_current_limitation(locked, 5), write_current_limitation(locked, 16)}) {
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
    CHECK(read_sleep_activation_delay(locked) == 255ms);
    CHECK(read_current_limitation(locked) == 15);
}

TEST_CASE("signatures without a pause raise the security event counter", "[system_objects]") {
    Chip chip;
    auto locked = chip.lock();
    const Bytes digest(32, 0x11);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(locked.run(CalcSign{.key = object::device_key_1, .digest = digest}));
    }
    CHECK(read_security_event_counter(locked).value().value == 3);
}

TEST_CASE("clearing flags that are not set changes nothing", "[system_objects]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK(clear_chip_security_status(locked, SecurityStatus::boot_phase_flag) == SecurityStatus{0});
    CHECK(clear_application_security_status(locked, 0xFF) == SecurityStatus{0});
}
