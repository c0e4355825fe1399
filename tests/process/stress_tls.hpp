// SPDX-License-Identifier: Apache-2.0
// Certificates and handshakes for the stress run, all in one process: the client's key is a chip key reference that
// OpenSSL loads through its configuration, everything else is software.
#pragma once

#include <trustx/key.hpp>

#include <filesystem>
#include <string>

namespace trustx::test {

// write_identity makes a CA, a server identity and a certificate for the chip's key, as PEM files in a directory:
// ca.pem, server.pem (certificate and key), client.pem. Throws std::runtime_error.
void write_identity(const std::filesystem::path& directory, const PublicKey& client_key);

// handshake runs one mutual TLS handshake over memory. Empty when it succeeded, otherwise the first error of
// OpenSSL's queue in words.
std::string handshake(const std::filesystem::path& directory, const std::filesystem::path& client_key);

// key_of_reference reads the public key of a key reference file. Throws std::runtime_error.
PublicKey key_of_reference(const std::filesystem::path& pem);

// verify_ecdsa checks a signature over a digest.
bool verify_ecdsa(const PublicKey& key, ByteView digest, const Signature& signature);

}  // namespace trustx::test
