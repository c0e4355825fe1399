// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

TEST_CASE("CalcSign asks for the signature that a real chip made", "[command]") {
    const Bytes digest = test::from_hex("68656C6C6F776F726C640A");
    CHECK(test::encoded(CalcSign{ObjectId{0xE0F3}, digest}).value() == test::golden_command("sign-e0f3"));
    CHECK(test::decoded(CalcSign{}, test::golden_response("sign-e0f3")));
}

TEST_CASE("signatures of real chips become a DER SEQUENCE of the same integers", "[command]") {
    const auto golden = test::golden("crypto");
    for (const auto& vector : golden.at("ecdsa_real_chip")) {
        CAPTURE(vector.at("id").get<std::string>());
        const Bytes integers = test::from_hex(vector.at("chip_signature").get<std::string>());
        const Signature signature = test::decoded(CalcSign{}, integers).value();
        CHECK(signature.r.front() != 0);
        CHECK(signature.s.front() != 0);
        CHECK(to_hex(signature.der()) ==
              "30" + to_hex(Bytes{static_cast<std::uint8_t>(integers.size())}) + to_hex(integers));
    }
}

TEST_CASE("CalcSign accepts short integers", "[command]") {
    const Signature signature = test::decoded(CalcSign{}, test::from_hex("02 01 05 02 02 00 80")).value();
    CHECK(to_hex(signature.r) == "05");
    CHECK(to_hex(signature.s) == "80");
    CHECK(to_hex(signature.der()) ==
          "3007"
          "020105"
          "02020080");
}

TEST_CASE("CalcSign refuses an answer that is not exactly two positive integers", "[command]") {
    const std::string too_long = "02 31" + to_hex(Bytes(49, 0x11)) + "02 01 05";
    for (const std::string& hex : std::initializer_list<std::string>{
             "", "02 01 05", "02 01 05 02 01 05 00", "02 01 05 02 02 05", "02 01 00 02 01 05", "02 01 05 02 01 00",
             "02 01 85 02 01 05", "02 02 00 05 02 01 05", "02 00 02 01 05", "03 01 05 02 01 05",
             "30 06 02 01 05 02 01 05", "02 81 01 05 02 01 05", too_long}) {
        CAPTURE(hex);
        const auto response = test::decoded(CalcSign{}, test::from_hex(hex));
        REQUIRE_FALSE(response);
        CHECK(response.error() == Errc::response_malformed);
    }
}

TEST_CASE("CalcSign takes digests of 10 to 48 bytes", "[command]") {
    const Bytes bytes(49, 0xAB);
    CHECK(test::encoded(CalcSign{object::device_key_1, ByteView{bytes}.first(10)}));
    CHECK(test::encoded(CalcSign{object::device_key_1, ByteView{bytes}.first(48)}));
    for (const std::size_t size : {0U, 9U, 49U}) {
        const auto result = test::encoded(CalcSign{object::device_key_1, ByteView{bytes}.first(size)});
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
}
