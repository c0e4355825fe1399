// SPDX-License-Identifier: Apache-2.0
// Signatures of others, true and false, on the chip (chip-commands.md section 6.9).
#include "bench.hpp"
#include "codec/der.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

Result<NoResponse> verify(Bench& bench, const nlohmann::json& vector) {
    const Bytes digest =
        vector.contains("digest") ? bytes_of(vector, "digest") : sha256_on(bench, bytes_of(vector, "message"));
    return bench.device->run(VerifySign{.digest = digest,
                                        .signature = {number_of(vector, "r"), number_of(vector, "s")},
                                        .key = PublicKey{curve_of(vector), bytes_of(vector, "point")}});
}

// A false signature is refused: by the chip, or by libtrustx where its numbers are too large for any signature.
void check_all(const std::string& name, std::size_t expected_count) {
    Bench bench;
    const auto vectors = vectors_of(name);
    CHECK(vectors.size() == expected_count);
    for (const auto& vector : vectors) {
        INFO(vector.dump());
        const auto verified = verify(bench, vector);
        CHECK(verified.has_value() == vector.at("valid").get<bool>());
        if (!verified) {
            CHECK((verified.error() == ChipError::signature_verification_failure ||
                   verified.error() == Errc::argument_invalid));
        }
    }
}

}  // namespace

TEST_CASE("vectors: the chip tells NIST's true signatures from the false ones", "[vectors]") {
    check_all("nist_ecdsa", 90);
}

TEST_CASE("vectors: the chip verifies the deterministic signatures of RFC 6979", "[vectors]") {
    check_all("rfc6979", 6);
}

TEST_CASE("vectors: the chip withstands Wycheproof's signatures with special values", "[vectors]") {
    check_all("wycheproof_ecdsa", 72);
}

TEST_CASE("vectors: the signatures of real chips verify, and not over another digest", "[vectors]") {
    Bench bench;
    const auto vectors = golden("crypto");
    for (const auto& vector : vectors.at("ecdsa_real_chip")) {
        INFO(vector.at("id").get<std::string>());
        const auto integers = bytes_of(vector, "chip_signature");
        der::Reader numbers{integers};
        const ByteView r = numbers.unsigned_integer();
        const ByteView s = numbers.unsigned_integer();
        REQUIRE(numbers.done());
        Bytes digest = bytes_of(vector, "digest");
        const auto run = [&] {
            return bench.device->run(VerifySign{.digest = digest,
                                                .signature = {{r.begin(), r.end()}, {s.begin(), s.end()}},
                                                .key = PublicKey{Curve::p256, bytes_of(vector, "public_point")}});
        };
        CHECK(run().has_value());
        digest.back() ^= 1U;
        CHECK(run().error() == ChipError::signature_verification_failure);
    }
}

TEST_CASE("vectors: the chip takes NIST's public keys and refuses what is no point of the curve", "[vectors]") {
    Bench bench;
    const Bytes digest(32, 0x5A);
    for (const auto& vector : vectors_of("nist_public_key")) {
        INFO(vector.dump());
        const Curve curve = curve_of(vector);
        const std::size_t size = curve == Curve::p256 ? 32 : 48;
        Bytes x = number_of(vector, "x");
        Bytes y = number_of(vector, "y");
        const bool fits = x.size() <= size && y.size() <= size;
        Bytes point{0x04};
        for (auto* coordinate : {&x, &y}) {
            point.insert(point.end(), coordinate->size() < size ? size - coordinate->size() : 0, 0x00);
            point.insert(point.end(), coordinate->begin(), coordinate->end());
        }
        const auto verified = bench.device->run(
            VerifySign{.digest = digest, .signature = {Bytes{1}, Bytes{1}}, .key = PublicKey{curve, point}});
        REQUIRE_FALSE(verified.has_value());
        if (vector.at("valid").get<bool>()) {
            CHECK(verified.error() == ChipError::signature_verification_failure);
        } else if (fits) {
            CHECK(verified.error() == ChipError::invalid_parameter_in_data_field);
        }
    }
}
