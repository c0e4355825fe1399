// SPDX-License-Identifier: Apache-2.0
// Key pairs in free and in occupied slots.
#include "chip.hpp"
#include "support/catch.hpp"

#include <trustx/key_generation.hpp>

using namespace trustx;
using test::Chip;

namespace {

constexpr ObjectId slot{0xE0F1};

}  // namespace

TEST_CASE("a free slot gets a key, and an occupied one keeps its own", "[key_generation]") {
    Chip chip;
    auto locked = chip.lock();
    const auto first = generate_key(locked, {.key = slot, .curve = Curve::p384}, OccupiedSlot::keep).value();
    CHECK_FALSE(first.before.key_algorithm);
    REQUIRE(first.key);
    CHECK(first.key->curve == Curve::p384);

    const auto second = generate_key(locked, {.key = slot}, OccupiedSlot::keep).value();
    CHECK(second.before.key_algorithm == Curve::p384);
    CHECK_FALSE(second.key);
    CHECK(chip.executed("GenKeyPair") == 1);
}

TEST_CASE("a key is replaced where that is wanted, and the answer tells what was there", "[key_generation]") {
    Chip chip;
    auto locked = chip.lock();
    const auto first = generate_key(locked, {.key = slot, .usage = KeyUsage::sign}, OccupiedSlot::replace).value();
    CHECK_FALSE(first.before.key_algorithm);
    const auto second = generate_key(locked, {.key = slot}, OccupiedSlot::replace).value();
    CHECK(second.before.key_algorithm == Curve::p256);
    CHECK(second.before.key_usage == KeyUsage::sign);
    REQUIRE(second.key);
    CHECK(second.key->point != first.key->point);
}

TEST_CASE("an object that is no slot is refused by the chip", "[key_generation]") {
    Chip chip;
    auto locked = chip.lock();
    CHECK_FALSE(generate_key(locked, {.key = object::certificate_1}, OccupiedSlot::replace));
}
