// SPDX-License-Identifier: Apache-2.0
// Finds out how far one gets towards a broker: name, TCP, TLS. Used after a connection attempt failed, because Paho
// reports none of that. Without credentials the client's key is not used; with them a probe costs one use of it.
// A diagnosis asks it first, and what for: the chain that the broker shows depends on what the client offers
// (aws-iot.md section 1.2).
#pragma once

#include "common/openssl/error_queue.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct ProbeTarget {
    std::string host;
    std::uint16_t port = 0;
    std::string ca_file;
    std::string alpn;
    std::string certificate_file;  // with key_file: present them, and wait for what the broker says to them
    std::string key_file;
    bool only_tcp = false;               // what listens there need not speak TLS
    std::string signature_algorithms{};  // of OpenSSL's SignatureAlgorithms: "ECDSA+SHA256"; empty: as usual
};

struct ProbeResult {
    // What stopped the probe; `certificate` is the broker's. `nothing`: it was received and accepted, and the broker
    // accepted ours, if one was presented.
    enum class Obstacle : std::uint8_t { nothing, name, tcp, tls, certificate };

    Obstacle obstacle = Obstacle::nothing;
    std::string detail;                            // in the words of the system or of OpenSSL
    long verify_code = 0;                          // X509_V_ERR_... for Obstacle::certificate
    std::vector<openssl::QueuedError> tls_errors;  // for Obstacle::tls
    int system_error = 0;                          // errno for Obstacle::tcp
    std::string tls_version{};                     // "TLSv1.3", once a certificate was accepted
    std::string root{};  // subject of the root that it leads to; for Obstacle::certificate the last issuer on the way

    friend bool operator==(const ProbeResult&, const ProbeResult&) = default;
};

// probe blocks until the answer is known or the time is up. The look-up of a name has the resolver's own time limit.
ProbeResult probe(const ProbeTarget& target, std::chrono::milliseconds allowed);

}  // namespace trustx::mqtt
