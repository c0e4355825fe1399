// SPDX-License-Identifier: Apache-2.0
// What goes over a connection: messages in both directions, and what is asked to receive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace trustx::mqtt {

// Message has arrived.
struct Message {
    std::string topic;
    std::string payload;
    int qos = 0;
    bool retained = false;   // the broker had kept it
    bool duplicate = false;  // the broker sent it before; not reliable at AWS IoT (aws-iot.md section 2)
};

// OutgoingMessage is to be published. Its id is the program's, unique while it runs; MQTT's packet id is another.
struct OutgoingMessage {
    std::uint64_t id = 0;
    std::string topic;
    std::string payload;
    int qos = 1;
    bool retain = false;
};

// packet_size is how many bytes the PUBLISH with a message has, in MQTT 5 without properties.
std::size_t packet_size(const OutgoingMessage& message);

struct Subscription {
    std::string filter;
    int qos = 1;

    friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace trustx::mqtt
