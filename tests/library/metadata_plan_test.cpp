// SPDX-License-Identifier: Apache-2.0
// Plans carried out on a chip.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/metadata_plan.hpp>
#include <trustx/objects.hpp>

using namespace trustx;
using test::Chip;

namespace {

constexpr ObjectId data{0xF1D0};

MetadataPlan planned(LockedDevice& device, ObjectId object, const MetadataChange& change) {
    return plan_metadata(object, device.run(GetMetadata{object}).value(), change).value();
}

}  // namespace

TEST_CASE("an applied plan leaves the metadata that it predicted, and the chip acts on it", "[metadata_plan]") {
    Chip chip;
    auto locked = chip.lock();
    const auto plan = planned(locked, data, {.change_access = parse_access("never").value()});
    REQUIRE(apply_metadata(locked, plan));
    CHECK(locked.run(GetMetadata{data}).value() == plan.after());
    CHECK(write_object(locked, data, Bytes{1}).error() == ChipError::access_conditions_not_satisfied);

    // Not operational yet: the metadata can still be changed, whatever its change condition says.
    REQUIRE(apply_metadata(locked, planned(locked, data, {.change_access = parse_access("always").value()})));
    CHECK(write_object(locked, data, Bytes{1}));
}

TEST_CASE("an empty plan touches nothing", "[metadata_plan]") {
    Chip chip;
    auto locked = chip.lock();
    const auto plan = planned(locked, data, {.read_access = parse_access("always").value()});
    const auto reads = chip.executed("GetDataObject");
    CHECK(apply_metadata(locked, plan));
    CHECK(chip.executed("SetDataObject") == 0);
    CHECK(chip.executed("GetDataObject") == reads);
}

TEST_CASE("a plan that is out of date is refused by the chip and reported", "[metadata_plan]") {
    Chip chip;
    auto locked = chip.lock();
    const auto plan = planned(locked, data, {.read_access = parse_access("never").value()});
    REQUIRE(raise_object_life_cycle(locked, data, LifeCycleState::operational));
    const auto applied = apply_metadata(locked, plan);
    REQUIRE_FALSE(applied);
    CHECK(applied.error() == ChipError::access_conditions_not_satisfied);
    CHECK_THAT(applied.error().message(), ContainsSubstring("change the metadata of F1D0"));
}
