// SPDX-License-Identifier: Apache-2.0
// What the chip reads in the messages of a server (chip-dtls.md sections 6 and 8). All functions take a body without
// its header; error 21 for one that is malformed, and what is named beside them.
#pragma once

#include "model/crypto/crypto.hpp"
#include "model/dtls/decisions.hpp"

namespace trustx::sim::dtls {

constexpr std::uint16_t version_dtls_1_2 = 0xFEFD;
constexpr std::uint16_t version_dtls_1_0 = 0xFEFF;
constexpr std::uint16_t cipher_suite = 0xC0AE;  // TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8
constexpr std::uint16_t scheme_ecdsa_sha256 = 0x0403;

constexpr std::uint16_t extension_groups = 10;
constexpr std::uint16_t extension_point_formats = 11;
constexpr std::uint16_t extension_signature_algorithms = 13;

// read_cookie takes a HelloVerifyRequest of either version. Error 22.
Outcome<Bytes> read_cookie(ByteView body);

// read_server_random takes a ServerHello. Errors: 22 version, 23 suite, 24 an extension that was not offered, 25
// compression.
Outcome<Bytes> read_server_random(ByteView body);

struct ServerKeyExchange {
    Curve curve;
    Bytes point;
};

// read_key_exchange verifies the signature by the server's key. Errors: 25 curve, point or their form, 2A signature
// algorithm, 2C.
Outcome<ServerKeyExchange> read_key_exchange(ByteView body, const Crypto& crypto, const CertificateKey& signer,
                                             ByteView randoms, const Decisions& decisions);

// check_certificate_request. Error 2A: the server does not take ECDSA with SHA-256.
Outcome<void> check_certificate_request(ByteView body);

}  // namespace trustx::sim::dtls
