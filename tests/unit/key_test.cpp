// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <trustx/key.hpp>

#include <algorithm>

using namespace trustx;
using test::from_hex;

namespace {

// info_in finds a SubjectPublicKeyInfo by its first bytes in a certificate that others made.
Bytes info_in(const Bytes& certificate, const std::string& start, std::size_t size) {
    const Bytes needle = from_hex(start);
    const auto found = std::search(certificate.begin(), certificate.end(), needle.begin(), needle.end());
    REQUIRE(certificate.end() - found >= static_cast<std::ptrdiff_t>(size));
    return {found, found + static_cast<std::ptrdiff_t>(size)};
}

const std::string p256_start = "3059 301306072A8648CE3D020106082A8648CE3D030107 034200 04";
const std::string p384_start = "3076 301006072A8648CE3D020106052B81040022 036200 04";

Bytes golden_p256_info() {
    return info_in(from_hex(test::golden("crypto").at("real_device_certificate").at("der").get<std::string>()),
                   p256_start, 91);
}

}  // namespace

TEST_CASE("a public key has the DER form that stands in a real device certificate", "[key]") {
    const auto certificate = test::golden("crypto").at("real_device_certificate");
    const auto key = PublicKey::from_point(from_hex(certificate.at("public_point").get<std::string>()));
    REQUIRE(key);
    CHECK(key->curve == Curve::p256);
    CHECK(to_hex(key->subject_public_key_info()) == to_hex(golden_p256_info()));
    CHECK(PublicKey::from_subject_public_key_info(golden_p256_info()).value() == *key);
}

TEST_CASE("a P-384 key is read from Infineon's root certificate and written back the same", "[key]") {
    const Bytes certificate = from_hex(test::golden("crypto").at("root").at("der").get<std::string>());
    const Bytes info = info_in(certificate, p384_start, 120);
    const PublicKey key = PublicKey::from_subject_public_key_info(info).value();
    CHECK(key.curve == Curve::p384);
    CHECK(key.subject_public_key_info() == info);
}

TEST_CASE("a public key that is cut, extended or of another kind is refused", "[key]") {
    const Bytes good = golden_p256_info();
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(PublicKey::from_subject_public_key_info(ByteView{good}.first(size)));
    }
    Bytes longer = good;
    longer.push_back(0);
    CHECK_FALSE(PublicKey::from_subject_public_key_info(longer));
    // Every byte up to the point matters.
    for (std::size_t index = 0; index < 27; ++index) {
        Bytes changed = good;
        changed[index] ^= 0x01;
        CAPTURE(index);
        const auto key = PublicKey::from_subject_public_key_info(changed);
        REQUIRE_FALSE(key);
        CHECK(key.error() == Errc::key_file_malformed);
    }
}

TEST_CASE("a point must be uncompressed and of the right length", "[key]") {
    for (const std::string& hex : std::initializer_list<std::string>{
             "", "04", "02" + std::string(64, '1'), "04" + std::string(126, '1'), "05" + std::string(128, '1')}) {
        CAPTURE(hex);
        const auto key = PublicKey::from_point(from_hex(hex));
        REQUIRE_FALSE(key);
        CHECK(key.error() == Errc::argument_invalid);
    }
}

TEST_CASE("key usage is read and written as a list", "[key]") {
    CHECK(parse_key_usage("sign,auth").value() == (KeyUsage::sign | KeyUsage::authentication));
    CHECK(to_string(KeyUsage::sign | KeyUsage::authentication) == "auth,sign");
    for (int bits = 1; bits < 0x40; ++bits) {
        const auto usage = static_cast<KeyUsage>(bits);
        CHECK(parse_key_usage(to_string(usage)).value() == usage);
    }
    CHECK(to_string(KeyUsage::none) == "none");
    CHECK(to_string(static_cast<KeyUsage>(0x41)) == "auth,0x40");
}

TEST_CASE("an unknown or empty key usage is refused and the known ones are named", "[key]") {
    for (const char* text : {"", ",", "sign,", ",sign", "Sign", "sign auth", "none", "sign,,auth"}) {
        CAPTURE(text);
        const auto usage = parse_key_usage(text);
        REQUIRE_FALSE(usage);
        CHECK(usage.error() == Errc::argument_invalid);
        CHECK_THAT(usage.error().message(), ContainsSubstring("auth, enc, hostfw, devmgmt, sign, keyagree"));
    }
}
