// SPDX-License-Identifier: Apache-2.0
// TLS between a client and a server in one process, both with certificates, through memory.
#pragma once

#include "../provider/handles.hpp"

#include <chrono>
#include <filesystem>
#include <string>

#include <openssl/ssl.h>

namespace trustx::test {

// TlsFiles are PEM files in one directory: ca.pem, client.pem, server.pem, server.key.
struct TlsFiles {
    std::filesystem::path directory;
    [[nodiscard]] std::string operator/(const std::string& name) const { return (directory / name).string(); }
};

// issue_certificates writes the files; client_key is the key that client.pem is for.
void issue_certificates(const TlsFiles& files, EVP_PKEY* client_key);

struct TlsContexts {
    OSSL_LIB_CTX* client;
    OSSL_LIB_CTX* server;
};

struct TlsOptions {
    int version = TLS1_3_VERSION;  // and no other
    const char* groups = nullptr;  // nullptr: libssl's
    const char* suites = nullptr;  // of TLS 1.2
};

// What a handshake took on the client's side.
struct TlsTime {
    std::chrono::nanoseconds client_wall{0};
    std::chrono::nanoseconds client_cpu{0};
};

// TlsPair is a client and a server that can shake hands again and again; sessions are never resumed.
class TlsPair {
 public:
    // The client's key is read from a file, the server's is a software key. Throws std::runtime_error.
    TlsPair(TlsContexts contexts, const TlsFiles& files, const std::filesystem::path& client_key,
            const TlsOptions& options = {});

    TlsTime handshake() const;

 private:
    using Context = Handle<SSL_CTX, SSL_CTX_free>;
    Context client_;
    Context server_;
};

// require throws std::runtime_error with what OpenSSL says.
void require(bool condition, const char* what);

}  // namespace trustx::test
