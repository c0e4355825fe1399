// SPDX-License-Identifier: Apache-2.0
// A DTLS server of libssl in memory, and certificates for it. Foreign code, so that a handshake with it says something.
#pragma once

#include "common/openssl/handles.hpp"
#include "model/base/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
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
    bool partial_chain = false;     // the authority for clients need not be a root
    sim::Bytes client_authority{};  // DER, for clients
    long mtu = 1500;
    std::string ciphers = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";
    std::string groups{};
    std::vector<const Identity*> chain{};  // behind the server's certificate
};

// DtlsServer has datagrams in memory instead of a socket.
class DtlsServer {
 public:
    // The identity outlives the server.
    DtlsServer(const Identity& identity, const ServerOptions& options);
    DtlsServer(const DtlsServer&) = delete;
    DtlsServer& operator=(const DtlsServer&) = delete;

    // deliver gives it one datagram; what it sends for that, and by itself, is taken by output().
    void deliver(std::span<const std::uint8_t> datagram);
    [[nodiscard]] std::vector<sim::Bytes> output() { return std::exchange(sent_, {}); }
    // exchange is both: records in, and records out in one piece.
    sim::Bytes exchange(const sim::Bytes& records);

    // left is how long until expire() is to be called.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> left() const;
    void expire();

    [[nodiscard]] bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    [[nodiscard]] const std::vector<sim::Bytes>& received() const { return received_; }
    void write(std::span<const std::uint8_t> payload);
    // say writes, and gives the record; read is what was received since it was last asked.
    sim::Bytes say(const std::string& text);
    [[nodiscard]] std::string read();
    void request_renegotiation();
    void shut_down();

    [[nodiscard]] bool client_has_shown_a_certificate() const;
    [[nodiscard]] std::size_t client_chain_size() const;
    [[nodiscard]] bool client_has_closed() const;
    // Alerts as libssl names them: level << 8 | description.
    [[nodiscard]] const std::vector<int>& alerts_received() const { return alerts_received_; }
    [[nodiscard]] const std::vector<int>& alerts_sent() const { return alerts_sent_; }

    // What its BIO does.
    void take_from_bio(std::span<const std::uint8_t> datagram) { sent_.emplace_back(datagram.begin(), datagram.end()); }
    std::optional<sim::Bytes> give_to_bio();

    bool echoes = false;  // what it receives

 private:
    void work();
    sim::Bytes joined_output();
    static void note_alert(const SSL* ssl, int where, int alert);

    openssl::Handle<SSL_CTX, SSL_CTX_free> context_;
    openssl::Handle<SSL, SSL_free> ssl_;
    std::deque<sim::Bytes> incoming_;
    std::vector<sim::Bytes> sent_;
    std::vector<sim::Bytes> received_;
    std::size_t read_ = 0;  // of these
    std::vector<int> alerts_received_;
    std::vector<int> alerts_sent_;
};

}  // namespace trustx::test
