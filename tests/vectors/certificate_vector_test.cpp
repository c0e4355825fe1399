// SPDX-License-Identifier: Apache-2.0
// Real certificates and those that Infineon published, verified by the chip with the issuer in a certificate object.
#include "bench.hpp"
#include "codec/der.hpp"
#include "support/catch.hpp"

#include <trustx/objects.hpp>

#include <openssl/evp.h>
#include <openssl/x509.h>

using namespace trustx;
using namespace trustx::test;

namespace {

// Signed is what an issuer has signed and how.
struct Signed {
    Bytes digest;
    Signature signature;
};

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate parsed(const Bytes& certificate) {
    const unsigned char* next = certificate.data();
    Certificate x509{d2i_X509(nullptr, &next, static_cast<long>(certificate.size())), X509_free};
    REQUIRE(x509);
    return x509;
}

std::span<const std::uint8_t> bytes_in(const ASN1_BIT_STRING* bits) {
    return {ASN1_STRING_get0_data(bits), static_cast<std::size_t>(ASN1_STRING_length(bits))};
}

PublicKey key_in(const Bytes& certificate) {
    const auto x509 = parsed(certificate);
    return PublicKey::from_point(bytes_in(X509_get0_pubkey_bitstr(x509.get()))).value();
}

Signed taken_apart(const Bytes& certificate) {
    const auto x509 = parsed(certificate);
    unsigned char* encoded = nullptr;
    const int size = i2d_re_X509_tbs(x509.get(), &encoded);
    REQUIRE(size > 0);
    const Bytes to_be_signed{encoded, encoded + size};
    OPENSSL_free(encoded);

    Signed result;
    const bool sha384 = X509_get_signature_nid(x509.get()) == NID_ecdsa_with_SHA384;
    result.digest.resize(sha384 ? 48 : 32);
    REQUIRE(EVP_Digest(to_be_signed.data(), to_be_signed.size(), result.digest.data(), nullptr,
                       sha384 ? EVP_sha384() : EVP_sha256(), nullptr) == 1);
    const ASN1_BIT_STRING* bits = nullptr;
    X509_get0_signature(&bits, nullptr, x509.get());
    der::Reader sequence{bytes_in(bits)};
    der::Reader numbers{sequence.content(der::tag_sequence)};
    const auto r = numbers.unsigned_integer();
    const auto s = numbers.unsigned_integer();
    REQUIRE(numbers.done());
    result.signature = {{r.begin(), r.end()}, {s.begin(), s.end()}};
    return result;
}

}  // namespace

TEST_CASE("vectors: the chip verifies the published test certificates with the issuer in an object", "[vectors]") {
    const auto vectors = golden("crypto");
    const auto& server = vectors.at("infineon_test_server");
    const auto& device = vectors.at("infineon_test_device");
    struct Link {
        const char* what;
        Bytes issuer;
        Bytes subject;
    };
    const std::vector<Link> links{
        {"the test server's intermediate CA", bytes_of(server, "root_p384_der"),
         bytes_of(server, "intermediate_p256_der")},
        {"the test server", bytes_of(server, "intermediate_p256_der"), bytes_of(server, "end_entity_p256_der")},
        {"the test device", bytes_of(device, "test_ca_der"), bytes_of(device, "device_der")},
    };
    Bench bench;
    const ObjectId object{0xE0E8};
    for (const auto& link : links) {
        INFO(link.what);
        auto locked = bench.device->lock();
        REQUIRE(locked);
        REQUIRE(write_object(*locked, object, link.issuer));
        Signed signed_part = taken_apart(link.subject);
        const auto verify = [&] {
            return locked->run(
                VerifySign{.digest = signed_part.digest, .signature = signed_part.signature, .key = object});
        };
        CHECK(verify().has_value());
        signed_part.digest[7] ^= 0x20U;
        CHECK(verify().error() == ChipError::signature_verification_failure);
    }
}

// The CAs of real chips are signed with SHA-384, which the chip's certificate parser does not know. It still verifies
// what they have signed, given their key.
TEST_CASE("vectors: the chip verifies real certificates with the key of their issuer", "[vectors]") {
    const auto vectors = golden("crypto");
    const Bytes device = bytes_of(vectors.at("real_device_certificate"), "der");
    const Bytes authority = bytes_of(vectors.at("ca101"), "der");
    const Bytes root = bytes_of(vectors.at("root"), "der");
    Bench bench;
    for (const auto& [subject, issuer] : {std::pair{device, authority}, {authority, root}, {root, root}}) {
        const Signed signed_part = taken_apart(subject);
        const PublicKey key = key_in(issuer);
        CHECK(bench.device->run(
            VerifySign{.digest = signed_part.digest, .signature = signed_part.signature, .key = key}));
        auto locked = bench.device->lock();
        REQUIRE(locked);
        REQUIRE(write_object(*locked, ObjectId{0xE0E8}, issuer));
        const auto refused = locked->run(
            VerifySign{.digest = signed_part.digest, .signature = signed_part.signature, .key = ObjectId{0xE0E8}});
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error() == ChipError::unsupported_certificate_or_algorithm);
    }
}
