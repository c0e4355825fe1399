// SPDX-License-Identifier: Apache-2.0
// Shared secrets of others, with their private key in a slot of the chip (chip-commands.md section 6.10).
#include "bench.hpp"
#include "sim/known_keys.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

constexpr std::uint8_t key_agreement = 0x20;

Result<SecretBytes> agree(const nlohmann::json& vector) {
    const Curve curve = curve_of(vector);
    Bench bench{chip_with({{sim::ObjectId::key_4, static_cast<sim::Curve>(curve), key_agreement,
                            vector.at("private").get<std::string>()}})};
    return bench.device->run(CalcSSec{.key = ObjectId{0xE0F3}, .peer = PublicKey{curve, bytes_of(vector, "peer")}});
}

// A vector is wrong for one of two reasons: the peer's point is none, or the secret is not the one that comes out.
void check_all(const std::string& name, std::size_t expected_count) {
    const auto vectors = vectors_of(name);
    CHECK(vectors.size() == expected_count);
    for (const auto& vector : vectors) {
        INFO(vector.dump());
        const auto secret = agree(vector);
        const bool right = secret && Bytes{secret->begin(), secret->end()} == bytes_of(vector, "shared");
        CHECK(right == vector.at("valid").get<bool>());
        if (!secret) {
            CHECK(secret.error() == ChipError::invalid_parameter_in_data_field);
        }
    }
}

}  // namespace

TEST_CASE("vectors: the chip agrees with RFC 5903 on both curves and in both roles", "[vectors]") {
    check_all("rfc5903", 4);
}

TEST_CASE("vectors: the chip agrees with NIST, and refuses peers that are not on the curve", "[vectors]") {
    check_all("nist_ecdh", 52);
}

TEST_CASE("vectors: the chip agrees with Wycheproof on secrets with special values", "[vectors]") {
    check_all("wycheproof_ecdh", 24);
}
