// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

namespace {

const GenKeyPair recorded{ObjectId{0xE0F3}, Curve::p256,
                          KeyUsage::authentication | KeyUsage::encryption | KeyUsage::sign};

void check_malformed(const Bytes& data) {
    CAPTURE(to_hex(data));
    const auto response = test::decoded(GenKeyPair{}, data);
    REQUIRE_FALSE(response);
    CHECK(response.error() == Errc::response_malformed);
}

template <class Change>
Bytes changed(Change change) {
    Bytes data = test::golden_response("genkey-e0f3");
    change(data);
    return data;
}

}  // namespace

TEST_CASE("GenKeyPair makes the key pair that a real chip made", "[command]") {
    CHECK(test::encoded(recorded).value() == test::golden_command("genkey-e0f3"));
    const PublicKey key = test::decoded(GenKeyPair{}, test::golden_response("genkey-e0f3")).value();
    CHECK(key.curve == Curve::p256);
    // The same chip's signature in crypto.json names the key.
    CHECK(to_hex(key.point) ==
          test::golden("crypto").at("ecdsa_real_chip").at(3).at("public_point").get<std::string>());
}

TEST_CASE("GenKeyPair reads a P-384 key in the chip's form", "[command]") {
    const std::string point = test::golden("crypto").at("ecdh").at(1).at("pub_chip").get<std::string>();
    const PublicKey key = test::decoded(GenKeyPair{}, test::from_hex("02 00 64 03 62 00" + point)).value();
    CHECK(key.curve == Curve::p384);
    CHECK(to_hex(key.point) == point);
    CHECK(test::encoded(GenKeyPair{ObjectId{0xE0F1}, Curve::p384, KeyUsage::sign}).value() ==
          "38040009"
          "010002E0F1"
          "02000110");
}

TEST_CASE("GenKeyPair refuses a public key in any other form", "[command]") {
    check_malformed({});
    check_malformed(changed([](Bytes& data) { data.pop_back(); }));
    check_malformed(changed([](Bytes& data) { data.push_back(0); }));
    check_malformed(changed([](Bytes& data) { data[0] = 0x01; }));  // private key tag
    check_malformed(changed([](Bytes& data) { data[2] = 0x43; }));  // TLV length
    check_malformed(changed([](Bytes& data) { data[3] = 0x04; }));  // OCTET STRING
    check_malformed(changed([](Bytes& data) { data[4] = 0x41; }));  // BIT STRING length
    check_malformed(changed([](Bytes& data) { data[5] = 0x01; }));  // unused bits
    check_malformed(changed([](Bytes& data) { data[6] = 0x02; }));  // compressed
}

TEST_CASE("GenKeyPair goes to key objects and sessions only", "[command]") {
    CHECK(test::encoded(GenKeyPair{object::session_1}));
    for (const ObjectId object : {object::certificate_1, ObjectId{0xE0F4}, ObjectId{0xF1D0}}) {
        CAPTURE(object.hex());
        const auto result = test::encoded(GenKeyPair{object});
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
    CHECK_FALSE(test::encoded(GenKeyPair{object::device_key_4, Curve::p256, KeyUsage::none}));
}
