// SPDX-License-Identifier: Apache-2.0
// The proof of an identity: a connection to the broker, up to its answer to CONNECT. Tests put a broker behind it that
// counts calls and ends a run at any of them.
#pragma once

#include "aws/enrolment/order.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace trustx::aws {

// Presented is what a client shows the broker: files as aws-iot.md section 5 has them.
struct Presented {
    Endpoint endpoint;
    std::string client_id;
    std::string certificate_file;
    std::string key_file;
    std::string ca_file;
};

// Acceptance is the broker's answer. `later`: what hinders may pass (no network, a policy that is not in force yet, a
// certificate that is being registered), so it is worth another attempt; `never`: it will not pass by itself.
struct Acceptance {
    enum class Answer : std::uint8_t { accepted, later, never };

    Answer answer = Answer::accepted;
    std::string why;  // with what to do about it; empty where it was accepted
};

class MqttPort {
 public:
    MqttPort() = default;
    MqttPort(const MqttPort&) = delete;
    MqttPort& operator=(const MqttPort&) = delete;
    virtual ~MqttPort() = default;

    // connect makes one attempt, and closes the connection after the broker accepted it. It costs one use of the key.
    // An Error is about this computer; what the broker or the network did is in Acceptance.
    virtual Result<Acceptance> connect(const Presented& presented, const Deadline& deadline) = 0;
};

// Broker is a port with what attempts one after another need.
struct Broker {
    MqttPort& mqtt;
    Clock& clock;
    std::function<double()> random;              // in [0, 1), for pauses
    std::function<void(std::string_view)> note;  // tells people what happens
    std::chrono::seconds wait{600};              // how long the broker may take to accept the gateway
};

}  // namespace trustx::aws
