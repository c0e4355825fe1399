// SPDX-License-Identifier: Apache-2.0
// A DTLS server of libssl in memory, and certificates for it. Foreign code, so that a handshake with it says something.
#pragma once

#include "common/openssl/handles.hpp"
#include "model/base/bytes.hpp"

#include <string>
#include <vector>

#include <openssl/ssl.h>

namespace trustx::test {

// Identity is a key and its certificate.
struct Identity {
    openssl::Pkey key;
    openssl::X509Certificate certificate;

    [[nodiscard]] sim::Bytes der() const;
    // scalar is the private key.
    [[nodiscard]] sim::Bytes scalar() const;
};

struct CertificateOptions {
    const char* group = "P-256";
    bool authority = false;
    const char* constraints = nullptr;  // basic constraints; default by authority
    const char* usage = nullptr;        // key usage; default none
    const char* alternative_name = nullptr;
    const char* critical_extension = nullptr;  // value of a critical extension of an unknown type
    std::int64_t not_before = 1577836800;      // 2020
    std::int64_t not_after = 2208988800;       // 2040
    const EVP_MD* digest = EVP_sha256();
};

// issue makes a key and a certificate for it, by itself when there is no issuer.
Identity issue(const std::string& name, const Identity* issuer, const CertificateOptions& options = {});

struct ServerOptions {
    bool cookies = true;
    bool request_certificate = false;  // and demand one, unless
    bool certificate_optional = false;
    bool partial_chain = false;            // the authority for clients need not be a root
    std::vector<const Identity*> chain{};  // behind the server's certificate
    sim::Bytes client_authority{};         // DER, for clients
};

class DtlsServer {
 public:
    // The identity outlives the server.
    DtlsServer(const Identity& identity, const ServerOptions& options);

    // exchange gives datagrams to the server and returns what it sends, as one string of records.
    sim::Bytes exchange(const sim::Bytes& datagrams);
    [[nodiscard]] bool connected() const;
    [[nodiscard]] std::string read();
    sim::Bytes write(const std::string& text);
    // peer_subject_key is the public key in the certificate of the client; empty when it has shown none.
    [[nodiscard]] bool client_has_shown_a_certificate() const;
    [[nodiscard]] std::size_t client_chain_size() const;
    [[nodiscard]] bool client_has_closed() const;

 private:
    sim::Bytes sent();

    openssl::Handle<SSL_CTX, SSL_CTX_free> context_;
    openssl::Handle<SSL, SSL_free> ssl_;
};

}  // namespace trustx::test
