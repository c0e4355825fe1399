// SPDX-License-Identifier: Apache-2.0
// Life cycles rise, and what depends on them follows.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

using namespace trustx;
using test::Chip;
using enum LifeCycleState;

namespace {

constexpr ObjectId data{0xF1D0};

}  // namespace

TEST_CASE("an object that becomes operational can never be written again", "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(write_object(locked, data, Bytes{1, 2, 3}));
    REQUIRE(raise_object_life_cycle(locked, data, operational));
    CHECK(locked.run(GetMetadata{data}).value().life_cycle == operational);
    const auto write = write_object(locked, data, Bytes{4});
    REQUIRE_FALSE(write);
    CHECK(write.error() == ChipError::access_conditions_not_satisfied);
    CHECK(read_object(locked, data).value() == Bytes{1, 2, 3});
}

TEST_CASE("a state that is reached already is not written again", "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(raise_object_life_cycle(locked, data, initialisation));
    const auto writes = chip.executed("SetDataObject");
    CHECK(raise_object_life_cycle(locked, data, initialisation));
    CHECK(raise_chip_life_cycle(locked, operational));  // as every chip is delivered
    CHECK(chip.executed("SetDataObject") == writes);
}

TEST_CASE("a state below the present one, or none of the four, is refused before the chip is asked to",
          "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(raise_object_life_cycle(locked, data, initialisation));
    REQUIRE(raise_application_life_cycle(locked, initialisation));
    const auto writes = chip.executed("SetDataObject");
    for (const auto& result :
         {raise_object_life_cycle(locked, data, creation), raise_object_life_cycle(locked, data, LifeCycleState{0x08}),
          raise_chip_life_cycle(locked, initialisation), raise_application_life_cycle(locked, creation),
          raise_application_life_cycle(locked, termination)}) {
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
        CHECK_THAT(result.error().message(), ContainsSubstring("raise the life cycle of"));
    }
    CHECK(chip.executed("SetDataObject") == writes);
}

TEST_CASE("chip and application each have a state", "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK(read_chip_life_cycle(locked) == operational);
    CHECK(read_application_life_cycle(locked) == creation);
    REQUIRE(raise_application_life_cycle(locked, operational));
    CHECK(read_application_life_cycle(locked) == operational);
    CHECK(read_chip_life_cycle(locked) == operational);
}

TEST_CASE("a life cycle state is not raised by a write of its object", "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    for (const auto id : {object::life_cycle_global, object::life_cycle_application}) {
        for (const auto& written : {write_object(locked, id, Bytes{0x0F}), write_slice(locked, id, 0, Bytes{0x0F})}) {
            REQUIRE_FALSE(written);
            CHECK(written.error() == Errc::argument_invalid);
            CHECK_THAT(written.error().message(), ContainsSubstring(id.hex()));
        }
    }
    CHECK(chip.executed("SetDataObject") == 0);
}

TEST_CASE("an object without a life cycle state has none to raise", "[life_cycle]") {
    Chip chip;
    auto locked = chip.lock();
    const auto result = raise_object_life_cycle(locked, object::coprocessor_uid, termination);
    REQUIRE_FALSE(result);
    CHECK(result.error() == ChipError::access_conditions_not_satisfied);
    CHECK_THAT(result.error().message(), ContainsSubstring("E0C2"));
}
