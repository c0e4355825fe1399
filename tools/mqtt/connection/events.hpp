// SPDX-License-Identifier: Apache-2.0
// What Paho's threads tell the main thread, and the queue between them. The queue can be waited for together with
// signals and standard input: its file descriptor is readable while an event is there.
#pragma once

#include "common/io/unique_fd.hpp"
#include "common/openssl/error_queue.hpp"
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

struct MessageArrived {
    std::string topic;
    std::string payload;
};

struct PublishEnded {
    std::uint64_t id = 0;
    bool delivered = false;
};

struct SubscribeEnded {
    bool granted = false;
    std::string reason;
};

using Event = std::variant<Connected, ConnectFailed, ConnectionLost, MessageArrived, PublishEnded, SubscribeEnded>;

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
