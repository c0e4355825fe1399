// SPDX-License-Identifier: Apache-2.0
// The same cryptography by OpenSSL's default provider: what the chip's answers are compared with.
#pragma once

#include "common/openssl/handles.hpp"

#include <trustx/key.hpp>
#include <trustx/secret.hpp>

#include <string_view>

#include <openssl/evp.h>

namespace trustx::test::reference {

using Key = openssl::Pkey;

// All throw std::runtime_error where OpenSSL refuses.
Key generate(Curve curve);
Key from_public(const PublicKey& key);
Key from_private(ByteView scalar, const PublicKey& key);
Key of_certificate(ByteView der);
PublicKey public_of(EVP_PKEY* key);

bool verifies(EVP_PKEY* key, ByteView digest, const Signature& signature);
Bytes agree(EVP_PKEY* key, EVP_PKEY* peer);
Bytes sha256(ByteView data);
// tls_prf is the PRF of TLS 1.2 with SHA-256, label and seed in one.
Bytes tls_prf(ByteView secret, ByteView label_and_seed, std::size_t length);

}  // namespace trustx::test::reference
