// SPDX-License-Identifier: Apache-2.0
// What listens where a broker should, and is none: it takes TLS connections, waits for the first bytes of the client,
// answers with what it was told, and then closes or says nothing any more.
#pragma once

#include "../../mqtt/certificate_authority.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace trustx::test {

class TlsListener {
 public:
    enum class After : std::uint8_t { closes, is_silent };

    // host is an address of this computer's loopback interface, of either family. Throws std::runtime_error where it
    // cannot listen.
    TlsListener(const CertificateAuthority::Server& server, std::string answer, After after,
                const std::string& host = "127.0.0.1");
    ~TlsListener();
    TlsListener(const TlsListener&) = delete;
    TlsListener& operator=(const TlsListener&) = delete;

    [[nodiscard]] std::uint16_t port() const;

 private:
    struct Work;
    std::unique_ptr<Work> work_;
};

// has_ipv6 says whether this computer has the address ::1.
bool has_ipv6();

// A port of this computer where connections are neither taken nor refused, or, closed, where nobody listens.
class DeafPort {
 public:
    DeafPort();
    ~DeafPort();
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;

    [[nodiscard]] std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
    void close();

 private:
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::unique_ptr<int[]> waiting_;
};

}  // namespace trustx::test
