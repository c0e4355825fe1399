// SPDX-License-Identifier: Apache-2.0
// Objects, random numbers and refusals, on a whole chip.
#include "chip.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>

using namespace trustx;
using test::Chip;
using test::counting;
using test::Restored;
using test::value;

namespace {

constexpr ObjectId small_object{0xF1D0};  // up to 100 bytes
constexpr ObjectId large_object{0xF1E0};  // up to 1500 bytes

}  // namespace

TEST_CASE("the chip tells which one it is, each time the same", "[device]") {
    const Chip chip;
    auto locked = value(chip->lock());
    const auto uid = value(read_uid(locked));
    CHECK(uid.bytes.front() == 0xCD);  // CIM identifier (chip-objects.md section 6)
    CHECK(value(read_uid(locked)) == uid);
    CHECK(Bytes(uid.bytes.begin(), uid.bytes.end()) == value(read_object(locked, object::coprocessor_uid)));
}

TEST_CASE("every object of the map has metadata that can be read", "[device]") {
    const Chip chip;
    auto locked = value(chip->lock());
    for (const auto& info : all_objects()) {
        if (info.kind == ObjectKind::session) {
            continue;  // no metadata (chip-objects.md section 1)
        }
        INFO(info.id.hex());
        const auto metadata = locked.run(GetMetadata{.object = info.id});
        INFO((metadata ? std::string{} : metadata.error().message()));
        REQUIRE(metadata);
        CHECK_FALSE(explain_access(metadata->change_access).empty());
    }
}

TEST_CASE("random numbers of every permitted size differ", "[device]") {
    const Chip chip;
    Bytes before;
    for (const int size : {8, 9, 31, 64, 255, 256}) {
        const auto length = static_cast<std::uint16_t>(size);
        const auto bytes = value(chip->run(GetRandom{.length = length}));
        CHECK(bytes.size() == length);
        CHECK(!std::equal(bytes.begin(), bytes.begin() + 8, before.begin(), before.end()));
        before.assign(bytes.begin(), bytes.begin() + 8);
    }
}

TEST_CASE("objects of all sizes come back as they were written", "[device]") {
    // The sizes where one frame becomes two and so on: 277 bytes of packet less the headers (chip-i2c.md section 6).
    const Chip chip;
    const Restored restored{*chip, large_object};
    auto locked = value(chip->lock());
    std::uint8_t first = 1;
    constexpr std::array<std::size_t, 16> sizes{1,   260, 261, 262, 263, 264,  265,  266,
                                                267, 268, 269, 270, 540, 1065, 1499, 1500};
    for (const auto size : sizes) {
        const auto content = counting(size, first++);
        INFO(size);
        const auto written = write_object(locked, large_object, content);
        INFO((written ? std::string{} : written.error().message()));
        REQUIRE(written);
        CHECK(value(read_object(locked, large_object)) == content);
    }
}

TEST_CASE("a slice is written and read in the middle of an object", "[device]") {
    const Chip chip;
    const Restored restored{*chip, small_object};
    auto locked = value(chip->lock());
    auto content = counting(100);
    REQUIRE(write_object(locked, small_object, content));
    const Bytes slice{0xDE, 0xAD, 0xBE, 0xEF};
    REQUIRE(write_slice(locked, small_object, 70, slice));
    std::copy(slice.begin(), slice.end(), content.begin() + 70);
    CHECK(value(read_object(locked, small_object)) == content);
    CHECK(value(locked.run(GetDataObject{.object = small_object, .offset = 69, .length = 6})) ==
          Bytes(content.begin() + 69, content.begin() + 75));
}

TEST_CASE("the chip's refusals name command, object and reason, and leave it usable", "[device]") {
    const Chip chip;
    const auto refusal = [&](const auto& command) {
        const auto done = chip->run(command);
        REQUIRE_FALSE(done);
        CHECK(chip->run(GetRandom{.length = 8}));
        return done.error();
    };
    const auto unknown = refusal(GetDataObject{.object = ObjectId{0xE0D0}});
    CHECK(unknown.code() == ChipError::invalid_oid);
    CHECK_THAT(unknown.message(), ContainsSubstring("GetDataObject E0D0"));
    const auto read_only = refusal(SetDataObject{.object = object::coprocessor_uid, .data = Bytes{0}});
    CHECK(read_only.code() == ChipError::access_conditions_not_satisfied);
    const auto beyond = refusal(GetDataObject{.object = object::coprocessor_uid, .offset = 1000});
    CHECK(beyond.code() == ChipError::data_object_boundary_exceeded);
}

TEST_CASE("two programs take turns without noticing each other", "[device]") {
    const Chip chip;
    const auto other = chip.another();
    const auto uid = value(chip->run(GetDataObject{.object = object::coprocessor_uid}));
    for (int turn = 0; turn < 6; ++turn) {
        CHECK(value(other->run(GetDataObject{.object = object::coprocessor_uid})) == uid);
        CHECK(value(chip->run(GetRandom{.length = 32})).size() == 32);
    }
}
