// SPDX-License-Identifier: Apache-2.0
// Connections to the broker: one that proves an identity, up to the answer to CONNECT, and one that asks for things.
// Tests put a broker behind them that counts calls and ends a run at any of them.
#pragma once

#include "aws/enrolment/order.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace trustx::aws {

// Presented is what a client shows the broker: files as aws-iot.md section 5 has them.
struct Presented {
    Endpoint endpoint;
    std::string client_id;
    std::string certificate_file;
    std::string key_file;
    std::string ca_file;
    std::string certificate_name = certificate_file;  // as messages name it
};

// Acceptance is the broker's answer. `later`: what hinders may pass (no network, a policy that is not in force yet, a
// certificate that is being registered), so it is worth another attempt; `never`: it will not pass by itself.
struct Acceptance {
    enum class Answer : std::uint8_t { accepted, later, never };

    Answer answer = Answer::accepted;
    std::string why = {};  // with what to do about it; empty where it was accepted
    // What is at fault, where the broker has not judged the gateway at all: EnrolmentErrc::no_network and
    // broker_untrusted, pki::PkiErrc::clock_wrong, InputErrc::chip_failed and key_mismatch.
    std::optional<std::error_code> fault = {};
};

// Reply is what became of a request. `none`: the connection was closed, or nothing came in time; whether the request
// was carried out is not known, and nothing more can be asked on this connection.
struct Reply {
    enum class Kind : std::uint8_t { accepted, rejected, none };

    Kind kind = Kind::none;
    std::string text;  // the answer's payload; of `none`, why there is none
};

// Conversation is an open connection on which the service itself is asked (aws-iot.md section 7.6). It is closed when
// this is destroyed.
class Conversation {
 public:
    Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    virtual ~Conversation() = default;

    // ask publishes a request to a topic. Its answer comes to TOPIC/accepted or TOPIC/rejected, which are subscribed to
    // before. An Error is about this computer.
    virtual Result<Reply> ask(const std::string& topic, const std::string& request, const Deadline& deadline) = 0;
};

// Opened is the broker's answer, with a conversation where it is `accepted`.
struct Opened {
    Acceptance acceptance;
    std::unique_ptr<Conversation> conversation = {};
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

    // open does the same, and leaves the connection open. The files must be there as long as it is.
    virtual Result<Opened> open(const Presented& presented, const Deadline& deadline) = 0;
};

// Broker is a port with what attempts one after another need.
struct Broker {
    MqttPort& mqtt;
    Clock& clock;
    std::function<double()> random;              // in [0, 1), for pauses
    std::function<void(std::string_view)> note;  // tells people what happens
    std::chrono::seconds wait{600};              // how long the broker may take to accept the gateway
    std::chrono::seconds attempt{30};            // how long one attempt may take: no broker may use up all of that
};

}  // namespace trustx::aws
