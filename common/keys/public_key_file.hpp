// SPDX-License-Identifier: Apache-2.0
// Public keys as files: as openssl writes them, in certificates, and in key files.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/result.hpp>

#include <string>

namespace trustx::keys {

// parse_public_key reads a public key, a certificate or a key file, in PEM, or one of the first two in DER. `name` is
// the file's, for messages.
Result<PublicKey> parse_public_key(ByteView content, const std::string& name);

// read_public_key reads such a file.
Result<PublicKey> read_public_key(const std::string& path);

// public_key_pem is the block "PUBLIC KEY" that openssl reads.
std::string public_key_pem(const PublicKey& key);

}  // namespace trustx::keys
