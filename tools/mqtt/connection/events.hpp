// SPDX-License-Identifier: Apache-2.0
// What Paho's threads tell the main thread, and the queue between them. The queue can be waited for together with
// signals and standard input: its file descriptor is readable while an event is there.
#pragma once

#include "common/io/unique_fd.hpp"
#include "common/openssl/error_queue.hpp"
#include "connection/message.hpp"
#include "connection/reason_code.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trustx::mqtt {

struct Connected {
    bool session_present = false;  // the broker kept our subscriptions
    // How many messages of QoS 1 the broker takes without acknowledging one. MQTT 5 alone has a number for it.
    std::uint16_t receive_maximum = 65535;
    // How many bytes a packet may have that it takes; MQTT has a limit itself (MQTT 5.0 section 2.1.4).
    std::uint32_t maximum_packet = 268'435'460;
};

struct ConnectFailed {
    int code = 0;  // a CONNACK return code of MQTT 3.1.1 if 1 to 5, else Paho's own
    std::vector<openssl::QueuedError> tls_errors;
    std::vector<int> alerts;         // TLS alerts of the broker, by their numbers
    std::vector<std::string> trace;  // what TLS told Paho's trace, for people: alerts and the result of the name check
    std::optional<ReasonCode> reason = {};  // of MQTT 5, where the broker gave one
};

struct ConnectionLost {
    std::string cause;
    std::optional<ReasonCode> reason = {};  // of MQTT 5, where the broker gave one
};

// ProtocolBroken: the broker sent what MQTT does not allow, and what Paho lets pass.
struct ProtocolBroken {
    std::string what;  // for people
    ReasonCode reason = ReasonCode::protocol_error;
};

struct MessageArrived {
    Message message;
};

// PublishOutcome is what became of a message: with QoS 1 the broker's answer, with QoS 0 that it was sent.
struct PublishOutcome {
    // not_delivered: it is not known that the broker has it, as after a lost connection; may be published again.
    // refused: the broker answered that it does not take it, and will not take it again.
    enum class Kind : std::uint8_t { delivered, not_delivered, refused };

    Kind kind = Kind::delivered;
    std::optional<ReasonCode> reason = {};  // of MQTT 5, for refused

    [[nodiscard]] bool delivered() const { return kind == Kind::delivered; }
};

struct PublishEnded {
    std::uint64_t id = 0;
    PublishOutcome outcome;
};

// SubscribeEnded is the answer to one SUBSCRIBE.
struct SubscribeEnded {
    // Refusal is a filter that is not granted.
    struct Refusal {
        std::string filter;
        std::optional<ReasonCode> reason = {};  // of MQTT 5
    };
    std::vector<Refusal> refused;
    bool failed = false;  // there was no answer: the connection ended
};

using Event = std::variant<Connected, ConnectFailed, ConnectionLost, ProtocolBroken, MessageArrived, PublishEnded,
                           SubscribeEnded>;

// EventQueue passes events from any thread to the one that takes them.
class EventQueue {
 public:
    EventQueue();
    EventQueue(const EventQueue&) = delete;
    EventQueue& operator=(const EventQueue&) = delete;

    void push(Event event);

    // take gives all events so far, oldest first.
    std::deque<Event> take();

    [[nodiscard]] int fd() const { return fd_.get(); }

 private:
    std::mutex mutex_;
    std::deque<Event> events_;
    UniqueFd fd_;
};

}  // namespace trustx::mqtt
