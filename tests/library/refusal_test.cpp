// SPDX-License-Identifier: Apache-2.0
// Accesses that the chip refuses, and why.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/key_generation.hpp>
#include <trustx/life_cycle.hpp>
#include <trustx/metadata_plan.hpp>
#include <trustx/objects.hpp>

using namespace trustx;
using test::Chip;

namespace {

constexpr ObjectId data{0xF1D2};

void set(LockedDevice& device, const MetadataChange& change) {
    REQUIRE(apply_metadata(device, plan_metadata(data, device.run(GetMetadata{data}).value(), change).value()));
}

template <class T>
std::string refusal(const Result<T>& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error() == ChipError::access_conditions_not_satisfied);
    return result.error().message();
}

}  // namespace

TEST_CASE("a write that the life cycle forbids says so", "[refusal]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(raise_object_life_cycle(locked, data, LifeCycleState::operational));
    CHECK_THAT(refusal(write_object(locked, data, Bytes{1})),
               ContainsSubstring("F1D2 is operational: it can never be written again (change LcsO < operational)"));
}

TEST_CASE("whether a write would be refused is known beforehand", "[refusal]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK(read_refusal(locked, data, AccessKind::change).value().empty());
    REQUIRE(raise_object_life_cycle(locked, data, LifeCycleState::operational));
    CHECK_THAT(read_refusal(locked, data, AccessKind::change).value(), ContainsSubstring("can never be written again"));
    CHECK(read_refusal(locked, data, AccessKind::read).value().empty());
}

TEST_CASE("an access that a condition forbids for the time being says until when", "[refusal]") {
    Chip chip;
    auto locked = chip.lock();
    set(locked, {.change_access = parse_access("never").value()});
    CHECK_THAT(refusal(write_object(locked, data, Bytes{1})),
               ContainsSubstring("F1D2 cannot be written until its condition is changed (change never)"));
    set(locked, {.read_access = parse_access("LcsA > creation").value()});
    CHECK_THAT(refusal(read_object(locked, data)),
               ContainsSubstring("F1D2 cannot be read until a life cycle state is raised (read LcsA > creation)"));
    CHECK_THAT(refusal(write_slice(locked, object::security_event_counter, 0, Bytes{1})),
               ContainsSubstring("E0C5 can never be written (change never)"));
}

TEST_CASE("a key that the chip does not replace is named with the reason", "[refusal]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK_THAT(refusal(generate_key(locked, {.key = object::device_key_1}, OccupiedSlot::replace)),
               ContainsSubstring("E0F0 cannot get a new key until its condition is changed (change never)"));
}
