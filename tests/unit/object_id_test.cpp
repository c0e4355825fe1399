// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/object_id.hpp>

#include <algorithm>
#include <set>

using namespace trustx;

TEST_CASE("an object is named by number or by name", "[object_id]") {
    CHECK(ObjectId::parse("E0F1").value() == ObjectId{0xE0F1});
    CHECK(ObjectId::parse("e0f1").value() == ObjectId{0xE0F1});
    CHECK(ObjectId::parse("0xE0F1").value() == ObjectId{0xE0F1});
    CHECK(ObjectId::parse("device-key-2").value() == ObjectId{0xE0F1});
    CHECK(ObjectId::parse("certificate-1").value() == object::certificate_1);
    CHECK(ObjectId::parse("trust-anchor-8").value() == object::trust_anchor_8);
    CHECK(ObjectId::parse("uid").value() == object::coprocessor_uid);
    CHECK(ObjectId::parse("data-16").value() == ObjectId{0xF1DF});
    CHECK(ObjectId::parse("data-large-2").value() == ObjectId{0xF1E1});
    CHECK(ObjectId::parse("session-4").value() == object::session_4);
    CHECK(ObjectId::parse("E140").value() == ObjectId{0xE140});  // not on this chip, but a number
}

TEST_CASE("text that names no object is refused with examples", "[object_id]") {
    for (const char* text : {"", "E0F", "E0F11", "0x", "0xE0F", "0x0xE0", "E0G1", "-001", "+001", " E0F1", "E0F1 ",
                             "device-key-5", "device-key", "Device-Key-1"}) {
        CAPTURE(text);
        const auto object = ObjectId::parse(text);
        REQUIRE_FALSE(object);
        CHECK(object.error() == Errc::argument_invalid);
        CHECK_THAT(object.error().message(), ContainsSubstring("E0F1") && ContainsSubstring("device-key-2"));
    }
}

TEST_CASE("numbers are shown as the chip's documents write them", "[object_id]") {
    CHECK(ObjectId{0xE0F1}.hex() == "E0F1");
    CHECK(ObjectId{0x000A}.hex() == "000A");
}

TEST_CASE("the map is complete, ascending and without double names", "[object_id]") {
    // chip-objects.md section 1: 10 system objects, 4 certificates, 2 trust anchors, 4 keys, 4 sessions, 16 + 2 data.
    CHECK(all_objects().size() == 10 + 4 + 2 + 4 + 4 + 16 + 2);
    CHECK(std::ranges::is_sorted(all_objects(), {}, &ObjectInfo::id));
    std::set<std::string_view> names;
    for (const ObjectInfo& info : all_objects()) {
        CAPTURE(info.id.hex());
        CHECK(names.insert(info.name).second);
        CHECK_FALSE(info.purpose.empty());
        CHECK(ObjectId::parse(info.name).value() == info.id);
        CHECK(describe(info.id) == &info);
    }
}

TEST_CASE("user memory adds up to what the datasheet says", "[object_id]") {
    // "About 4600 bytes" of arbitrary data (chip-objects.md section 1.4).
    unsigned bytes = 0;
    for (const ObjectInfo& info : all_objects()) {
        bytes += info.kind == ObjectKind::data ? info.max_size : 0U;
    }
    CHECK(bytes == 4600);
}

TEST_CASE("objects of the successor chip are not on the map", "[object_id]") {
    for (const unsigned value : {0xE0C9U, 0xE0E9U, 0xE0FCU, 0xE0FDU, 0xE120U, 0xE140U, 0xE200U, 0x0000U, 0xFFFFU}) {
        CHECK(describe(ObjectId{static_cast<std::uint16_t>(value)}) == nullptr);
    }
}

TEST_CASE("keys and certificates belong together in order", "[object_id]") {
    CHECK(paired_certificate(object::device_key_1) == object::certificate_1);
    CHECK(paired_certificate(ObjectId{0xE0F1}) == ObjectId{0xE0E1});
    CHECK(paired_key(object::certificate_4) == object::device_key_4);
    CHECK_FALSE(paired_certificate(object::session_1));
    CHECK_FALSE(paired_certificate(ObjectId{0xE0F4}));
    CHECK_FALSE(paired_key(object::trust_anchor_1));
    CHECK_FALSE(paired_key(ObjectId{0xE0DF}));
}
