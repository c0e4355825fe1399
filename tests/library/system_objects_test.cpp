// SPDX-License-Identifier: Apache-2.0
// The chip's state.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/system_objects.hpp>

using namespace trustx;
using test::Chip;

TEST_CASE("signatures without a pause raise the security event counter", "[system_objects]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK(read_security_event_counter(locked) == SecurityEventCounter{0});
    const Bytes digest(32, 0x11);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(locked.run(CalcSign{.key = object::device_key_1, .digest = digest}));
    }
    CHECK(read_security_event_counter(locked).value().value == 3);
}
