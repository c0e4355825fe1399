// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using test::from_hex;

TEST_CASE("an APDU writer leaves reserved headroom alone", "[apdu]") {
    Bytes buffer{0xAA, 0xBB};
    ApduWriter apdu{buffer};
    apdu.begin(0x31, 0x11);
    apdu.tlv(0x01, Bytes{0x10, 0x20});
    apdu.tlv_u16(0x03, 0xE0F3);
    apdu.tlv_u8(0x02, 0x13);
    REQUIRE(apdu.finish());
    CHECK(to_hex(apdu.apdu()) ==
          "3111000E"
          "0100021020"
          "030002E0F3"
          "02000113");
    CHECK(to_hex(buffer) == "AABB" + to_hex(apdu.apdu()));
}

TEST_CASE("an APDU longer than the chip's buffer is refused", "[apdu]") {
    Bytes buffer;
    ApduWriter apdu{buffer};
    apdu.begin(0x02, 0x00);
    apdu.bytes(Bytes(max_apdu_size - apdu_header_size));
    CHECK(apdu.finish());
    apdu.u8(0);
    const auto result = apdu.finish();
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::argument_invalid);
}

TEST_CASE("every recorded response of a real chip is parsed", "[apdu]") {
    const auto golden = test::golden("apdus");
    for (const auto& entry : golden.at("apdus")) {
        CAPTURE(entry.at("id").get<std::string>());
        const Bytes bytes = from_hex(entry.at("rsp").get<std::string>());
        const auto response = parse_response_apdu(bytes);
        REQUIRE(response);
        CHECK(response->status == bytes[0]);
        CHECK(response->data.size() == bytes.size() - apdu_header_size);
    }
}

TEST_CASE("the undefined byte of a response may hold anything", "[apdu]") {
    CHECK(parse_response_apdu(from_hex("00 5A 00 00")));
}

TEST_CASE("a response whose OutLen is not what follows is refused", "[apdu]") {
    for (const char* hex :
         {"", "00", "00 00 00", "00 00 00 01", "00 00 00 02 AA", "00 00 00 01 AA BB", "00 00 FF FF"}) {
        CAPTURE(hex);
        const auto response = parse_response_apdu(from_hex(hex));
        REQUIRE_FALSE(response);
        CHECK(response.error() == Errc::response_malformed);
    }
}
