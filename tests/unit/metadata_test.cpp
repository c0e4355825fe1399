// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/metadata.hpp>

#include <stdexcept>

using namespace trustx;
using test::from_hex;

TEST_CASE("the metadata of a real chip's certificate object is read", "[metadata]") {
    const Metadata metadata = Metadata::parse(test::golden_response("getmeta-e0e1")).value();
    CHECK(metadata.life_cycle == LifeCycleState::creation);
    CHECK(metadata.max_size == 1728);
    CHECK(metadata.used_size == 15);
    CHECK(metadata.change_access == Bytes{0xFF});
    CHECK(metadata.read_access == Bytes{0x00});
    CHECK_FALSE(metadata.execute_access);
    CHECK_FALSE(metadata.key_algorithm);
    CHECK_FALSE(metadata.key_usage);
}

TEST_CASE("recorded metadata is written back the same", "[metadata]") {
    // chip-objects.md section 2, "Recorded metadata": sizes in the shortest form, tags ascending.
    for (const char* hex :
         {"20 09 C4 01 1B D0 01 FF D1 01 00", "20 10 C0 01 01 C4 02 06 C0 C5 01 0F D0 01 FF D1 01 00",
          "20 16 C0 01 01 C4 02 06 C0 C5 01 0F D0 07 E1 FB 03 FE 70 FC 04 D1 01 00",
          "20 0F C0 01 01 D0 01 FF D3 01 00 E0 01 03 E1 01 01", "20 0B C0 01 01 D0 03 E1 FC 07 D3 01 00",
          "20 06 C4 01 02 D1 01 00", "20 11 C0 01 01 C4 01 8C C5 01 64 D0 03 E1 FC 07 D1 01 00",
          "20 13 C0 01 01 C4 02 05 DC C5 02 05 DC D0 03 E1 FC 07 D1 01 00"}) {
        CAPTURE(hex);
        CHECK(to_hex(Metadata::parse(from_hex(hex)).value().encode()) == to_hex(from_hex(hex)));
    }
}

TEST_CASE("a key object's metadata says which key there is and what it may do", "[metadata]") {
    const Metadata metadata = Metadata::parse(from_hex("20 0F C0 01 01 D0 01 FF D3 01 00 E0 01 03 E1 01 01")).value();
    CHECK(metadata.key_algorithm == Curve::p256);
    CHECK(metadata.key_usage == KeyUsage::authentication);
    CHECK(metadata.execute_access == Bytes{0x00});
}

TEST_CASE("unknown tags are skipped and sizes come in one or two bytes", "[metadata]") {
    const Metadata metadata =
        Metadata::parse(from_hex("20 17 C0 01 01 C4 02 06 C0 C5 02 01 E5 D0 01 FF D1 01 00 D3 01 00 E8 01 12")).value();
    CHECK(metadata.used_size == 0x01E5);
    CHECK(Metadata::parse(from_hex("20 04 C4 02 00 05")).value().max_size == 5);
    CHECK(Metadata::parse(from_hex("20 00")).value() == Metadata{});
}

TEST_CASE("metadata that is not what its lengths say is refused", "[metadata]") {
    for (const char* hex : {"", "20", "20 01", "21 00", "20 00 00", "20 02 C0 01", "20 01 C0", "20 03 C0 02 01",
                            "20 02 C0 00", "20 04 C0 02 01 01", "20 02 C4 00", "20 05 C4 03 00 00 01",
                            "20 06 C0 01 01 C0 01 07", "20 03 E0 01 41", "20 04 E1 02 01 01"}) {
        CAPTURE(hex);
        const auto metadata = Metadata::parse(from_hex(hex));
        REQUIRE_FALSE(metadata);
        CHECK(metadata.error() == Errc::metadata_malformed);
    }
}

TEST_CASE("metadata that the form cannot hold is not written", "[metadata]") {
    Metadata metadata;
    metadata.change_access = Bytes(256, 0xFF);
    CHECK_THROWS_AS(metadata.encode(), std::length_error);
    metadata.change_access = Bytes(200, 0xFF);
    metadata.read_access = Bytes(200, 0xFF);
    CHECK_THROWS_AS(metadata.encode(), std::length_error);
}
