// SPDX-License-Identifier: Apache-2.0
// Recovery of public keys, against signatures that real chips made and against software keys.
#include "chip/ecdsa.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/software_key.hpp"

#include <algorithm>

using namespace trustx;
using trustx::cli::candidate_keys;
using trustx::cli::recover_public_key;
using trustx::cli::SignedDigest;
using trustx::cli::verifies;
using trustx::test::from_hex;
using trustx::test::SoftwareKey;

namespace {

// read_integer takes one DER INTEGER from the front, without its leading zero.
Bytes read_integer(ByteView& der) {
    REQUIRE(der.size() > 2);
    REQUIRE(der[0] == 0x02);
    auto value = der.subspan(2, der[1]);
    der = der.subspan(std::size_t{2} + der[1]);
    if (value.front() == 0) {
        value = value.subspan(1);
    }
    return {value.begin(), value.end()};
}

SignedDigest chip_signature(const nlohmann::json& vector) {
    const auto encoded = from_hex(vector.at("chip_signature").get<std::string>());
    ByteView rest{encoded};
    SignedDigest signed_digest{.digest = from_hex(vector.at("digest").get<std::string>()), .signature = {}};
    signed_digest.signature.r = read_integer(rest);
    signed_digest.signature.s = read_integer(rest);
    REQUIRE(rest.empty());
    return signed_digest;
}

Bytes counting_digest(std::size_t length, std::uint8_t first) {
    Bytes digest(length);
    for (auto& byte : digest) {
        byte = first++;
    }
    return digest;
}

SignedDigest sign(const SoftwareKey& key, Bytes digest) {
    auto signature = key.sign(digest);
    return {.digest = std::move(digest), .signature = std::move(signature)};
}

bool contains(const std::vector<PublicKey>& keys, const PublicKey& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

TEST_CASE("the key of a real chip's signature is among its candidates", "[ecdsa]") {
    const auto vectors = test::golden("crypto");
    for (const auto& vector : vectors.at("ecdsa_real_chip")) {
        CAPTURE(vector.at("id").get<std::string>());
        const auto signed_digest = chip_signature(vector);
        const auto key = PublicKey::from_point(from_hex(vector.at("public_point").get<std::string>())).value();
        CHECK(verifies(key, signed_digest));
        const auto candidates = candidate_keys(Curve::p256, signed_digest);
        CHECK(candidates.size() == 2);
        CHECK(contains(candidates, key));
        CHECK(std::all_of(candidates.begin(), candidates.end(),
                          [&](const PublicKey& candidate) { return verifies(candidate, signed_digest); }));
    }
}

TEST_CASE("two signatures determine the public key on either curve", "[ecdsa]") {
    for (const auto curve : {Curve::p256, Curve::p384}) {
        CAPTURE(curve_name(curve));
        const SoftwareKey key{curve};
        const auto first = sign(key, counting_digest(field_size(curve), 1));
        const auto second = sign(key, counting_digest(field_size(curve), 101));
        CHECK(recover_public_key(curve, first, second) == key.public_key());
    }
}

TEST_CASE("signatures of two different keys give no public key", "[ecdsa]") {
    const auto first = sign(SoftwareKey{Curve::p256}, counting_digest(32, 1));
    const auto second = sign(SoftwareKey{Curve::p256}, counting_digest(32, 101));
    CHECK_FALSE(recover_public_key(Curve::p256, first, second));
}

TEST_CASE("one signature twice is not enough to tell the key", "[ecdsa]") {
    const auto signed_digest = sign(SoftwareKey{Curve::p256}, counting_digest(32, 1));
    CHECK_FALSE(recover_public_key(Curve::p256, signed_digest, signed_digest));
}

TEST_CASE("a signature with a changed digest no longer verifies", "[ecdsa]") {
    const SoftwareKey key{Curve::p256};
    auto signed_digest = sign(key, counting_digest(32, 1));
    CHECK(verifies(key.public_key(), signed_digest));
    signed_digest.digest.back() ^= 1;
    CHECK_FALSE(verifies(key.public_key(), signed_digest));
}

TEST_CASE("numbers that no signature has give no candidates", "[ecdsa]") {
    const auto digest = counting_digest(32, 1);
    const Bytes too_large(32, 0xFF);
    CHECK(candidate_keys(Curve::p256, {.digest = digest, .signature = {.r = {}, .s = {1}}}).empty());
    CHECK(candidate_keys(Curve::p256, {.digest = digest, .signature = {.r = {1}, .s = {}}}).empty());
    CHECK(candidate_keys(Curve::p256, {.digest = digest, .signature = {.r = too_large, .s = {1}}}).empty());
    CHECK(candidate_keys(Curve::p256, {.digest = Bytes(33, 1), .signature = {.r = {1}, .s = {1}}}).empty());
}

TEST_CASE("a point beside its curve verifies nothing", "[ecdsa]") {
    const SoftwareKey key{Curve::p256};
    auto wrong = key.public_key();
    wrong.point.back() ^= 1;
    CHECK_FALSE(verifies(wrong, sign(key, counting_digest(32, 1))));
}
