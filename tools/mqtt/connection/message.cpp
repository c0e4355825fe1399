// SPDX-License-Identifier: Apache-2.0
#include "connection/message.hpp"

namespace trustx::mqtt {
namespace {

// A number takes a byte for each seven bits (MQTT 5.0 section 1.5.5).
std::size_t size_as_number(std::size_t number) {
    std::size_t size = 1;
    for (; number >= 0x80; number >>= 7U) {
        ++size;
    }
    return size;
}

}  // namespace

// Type, length of the rest; topic with its length, packet id, length of the properties, payload.
std::size_t packet_size(const OutgoingMessage& message) {
    const std::size_t rest = 2 + message.topic.size() + (message.qos > 0 ? 2 : 0) + 1 + message.payload.size();
    return 1 + size_as_number(rest) + rest;
}

}  // namespace trustx::mqtt
