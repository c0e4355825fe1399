// SPDX-License-Identifier: Apache-2.0
// The chip's cryptography, on libcrypto's default provider in a separate library context: no configuration file is
// read, so a simulator never uses a chip itself.
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/result.hpp"
#include "model/crypto/aes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace trustx::sim {

struct KeyPair {
    Bytes scalar;  // private key, field_size bytes
    Bytes point;   // public key, uncompressed
};

// Signature halves of field_size bytes each.
struct Signature {
    Bytes r;
    Bytes s;
};

// What VerifySign needs of a certificate.
struct CertificateKey {
    Curve curve;
    Bytes point;
    bool may_sign;  // key usage digitalSignature or keyCertSign, or no key usage extension
};

// What a chain of certificates is checked by.
struct Certificate {
    CertificateKey key;
    Bytes subject;           // DER
    Bytes issuer;            // DER
    bool authority;          // basic constraints CA:TRUE, and key usage keyCertSign if there is a key usage
    bool may_sign_messages;  // key usage digitalSignature, or no key usage extension
    std::optional<std::size_t> path_length;  // how many more authorities may follow it
    std::int64_t not_before;                 // seconds since 1970
    std::int64_t not_after;
    Bytes to_be_signed;
    Bytes signature;   // two INTEGERs; empty when it is no ECDSA signature
    std::size_t size;  // of the DER; more bytes may have followed it
};

// Crypto computes; it keeps no keys. Failures of libcrypto itself (out of memory) throw. Not for
// use by several threads at once.
class Crypto {
 public:
    // With a seed everything random is the same in each run; without, it comes from the operating system.
    explicit Crypto(std::optional<std::uint64_t> seed);
    // With a source of random bytes everything random comes from there, so that a recorded run can be repeated.
    using Random = std::function<Bytes(std::size_t count)>;
    explicit Crypto(Random random);
    ~Crypto();
    Crypto(const Crypto&) = delete;
    Crypto& operator=(const Crypto&) = delete;

    [[nodiscard]] Bytes random(std::size_t count);
    [[nodiscard]] KeyPair generate(Curve curve);
    [[nodiscard]] Bytes point_of(Curve curve, ByteView scalar) const;
    // sign takes a digest of at most field_size bytes as an integer.
    [[nodiscard]] Signature sign(Curve curve, ByteView scalar, ByteView digest);
    // verify takes the two INTEGERs of chip-commands.md section 5; a malformed or wrong signature is false.
    [[nodiscard]] bool verify(Curve curve, ByteView point, ByteView digest, ByteView two_integers) const;
    [[nodiscard]] bool on_curve(Curve curve, ByteView point) const;
    // shared_secret is the X coordinate; empty when the point is not on the curve.
    [[nodiscard]] std::optional<Bytes> shared_secret(Curve curve, ByteView scalar, ByteView point) const;
    // prf is the TLS 1.2 PRF with SHA-256; seed includes the label.
    [[nodiscard]] Bytes prf(ByteView secret, ByteView seed, std::size_t length) const;
    // certificate_key reads one DER certificate by the limits of chip-objects.md section 7. Errors: 29, 2A.
    [[nodiscard]] Outcome<CertificateKey> certificate_key(ByteView der) const;
    // certificate reads one by the same limits for a chain. Errors: 29, 2A (also for a critical extension unknown to
    // us).
    [[nodiscard]] Outcome<Certificate> certificate(ByteView der) const;
    [[nodiscard]] Aes128 aes128(ByteView key) const;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace trustx::sim
