// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 between a client and a server in one process, both with certificates, through memory.
#pragma once

#include "../provider/handles.hpp"

#include <filesystem>

#include <openssl/ssl.h>

namespace trustx::test {

// TlsFiles are PEM files in one directory: ca.pem, client.pem, server.pem, server.key.
struct TlsFiles {
    std::filesystem::path directory;
    [[nodiscard]] std::string operator/(const std::string& name) const { return (directory / name).string(); }
};

// issue_certificates writes the files; client_key is the key that client.pem is for.
void issue_certificates(const TlsFiles& files, EVP_PKEY* client_key);

// TlsPair is a client and a server that can shake hands again and again; sessions are never resumed.
class TlsPair {
 public:
    // The client's key is read from a file, the server's is a software key. Throws std::runtime_error.
    TlsPair(OSSL_LIB_CTX* libctx, const TlsFiles& files, const std::filesystem::path& client_key);

    void handshake() const;

 private:
    using Context = Handle<SSL_CTX, SSL_CTX_free>;
    Context client_;
    Context server_;
};

// require throws std::runtime_error with what OpenSSL says.
void require(bool condition, const char* what);

}  // namespace trustx::test
