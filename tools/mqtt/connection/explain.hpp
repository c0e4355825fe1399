// SPDX-License-Identifier: Apache-2.0
// Why a connection attempt failed, from what Paho, OpenSSL and a probe reported.
#pragma once

#include "connection/error.hpp"
#include "connection/events.hpp"
#include "connection/probe.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace trustx::mqtt {

// Addressee is the broker and what was presented to it, as messages name them.
struct Addressee {
    std::string host;
    std::uint16_t port = 0;
    std::string certificate;  // as the user named it
    std::string ca_file;
    std::string client_id;
};

// Probes are the questions that can be asked when the failure itself does not tell; each is asked at most once.
struct Probes {
    std::function<ProbeResult()> anonymous;
    // Costs one use of the private key: empty where that is not wanted.
    std::function<ProbeResult()> with_credentials;
};

Error explain(const ConnectFailed& failure, const Addressee& to, const Probes& probes);

}  // namespace trustx::mqtt
