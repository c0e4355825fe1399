// SPDX-License-Identifier: Apache-2.0
// A DTLS 1.2 server of libssl that knows no socket and no time but the test's: datagrams in, datagrams out, and a
// timer. It sends back what it receives.
#pragma once

#include "common/openssl/handles.hpp"
#include "dtls_peer.hpp"  // of the simulator's tests

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

namespace trustx::test {

// TimeForLibssl has libssl in this process ask a Clock for the time, for as long as it lives; one at a time.
class TimeForLibssl {
 public:
    explicit TimeForLibssl(const Clock& clock);
    ~TimeForLibssl();
    TimeForLibssl(const TimeForLibssl&) = delete;
    TimeForLibssl& operator=(const TimeForLibssl&) = delete;
};

struct SslServerOptions {
    bool cookies = true;
    bool request_certificate = false;  // and demand one, unless
    bool certificate_optional = false;
    Bytes client_authority{};  // DER, for clients
    long mtu = 1500;
    std::string ciphers = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";
    std::string groups{};
    std::vector<const Identity*> chain{};
};

class SslServer {
 public:
    SslServer(const Identity& identity, const SslServerOptions& options);
    SslServer(const SslServer&) = delete;
    SslServer& operator=(const SslServer&) = delete;

    // deliver gives it one datagram; what it sends for that is taken by output().
    void deliver(ByteView datagram);
    [[nodiscard]] std::vector<Bytes> output() { return std::exchange(sent_, {}); }

    // left is how long until expire() is to be called.
    [[nodiscard]] std::optional<Duration> left() const;
    void expire();

    [[nodiscard]] bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    [[nodiscard]] const std::vector<Bytes>& received() const { return received_; }
    void write(ByteView payload);
    void request_renegotiation();
    void shut_down();

    [[nodiscard]] bool client_has_shown_a_certificate() const;
    // Alerts as libssl names them: level << 8 | description.
    [[nodiscard]] const std::vector<int>& alerts_received() const { return alerts_received_; }
    [[nodiscard]] const std::vector<int>& alerts_sent() const { return alerts_sent_; }

    // What its BIO does.
    void take_from_bio(ByteView datagram) { sent_.emplace_back(datagram.begin(), datagram.end()); }
    std::optional<Bytes> give_to_bio();

    bool echoes = true;

 private:
    void work();
    static void note_alert(const SSL* ssl, int where, int alert);

    openssl::Handle<SSL_CTX, SSL_CTX_free> context_;
    openssl::Handle<SSL, SSL_free> ssl_;
    std::deque<Bytes> incoming_;
    std::vector<Bytes> sent_;
    std::vector<Bytes> received_;
    std::vector<int> alerts_received_;
    std::vector<int> alerts_sent_;
};

}  // namespace trustx::test
