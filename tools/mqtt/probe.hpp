// SPDX-License-Identifier: Apache-2.0
// Finds out how far one gets towards a broker: name, TCP, TLS. Used after a connection attempt failed, because Paho
// tells none of that. The client's key takes no part, so a probe costs no use of the chip.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace trustx::mqtt {

struct ProbeTarget {
    std::string host;
    std::uint16_t port = 0;
    std::string ca_file;
    std::string alpn;
};

struct ProbeResult {
    // What stopped the probe; `nothing` if the broker's certificate was received and accepted.
    enum class Obstacle : std::uint8_t { nothing, name, tcp, tls, certificate };

    Obstacle obstacle = Obstacle::nothing;
    std::string detail;    // in the words of the system or of OpenSSL
    long verify_code = 0;  // X509_V_ERR_... for Obstacle::certificate

    friend bool operator==(const ProbeResult&, const ProbeResult&) = default;
};

// probe blocks until the answer is known or the time is up. The look-up of a name has the resolver's own time limit.
ProbeResult probe(const ProbeTarget& target, std::chrono::milliseconds allowed);

}  // namespace trustx::mqtt
