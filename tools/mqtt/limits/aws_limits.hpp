// SPDX-License-Identifier: Apache-2.0
// What AWS IoT refuses by closing the connection, often without a word (aws-iot.md section 2). Asked before something
// is sent, it costs a message instead: a connection costs a signature of the chip, and everything that was in flight.
#pragma once

#include "connection/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::mqtt::aws {

inline constexpr std::size_t max_client_id = 128;  // bytes
inline constexpr std::size_t max_topic = 256;      // bytes, without $aws/rules/RULE/
inline constexpr std::size_t max_slashes = 7;      // the same
inline constexpr std::size_t max_payload = std::size_t{128} * 1024;
inline constexpr std::size_t max_in_flight = 100;
inline constexpr std::size_t max_filters = 8;         // in one SUBSCRIBE
inline constexpr std::size_t max_subscriptions = 50;  // on one connection
inline constexpr int max_keep_alive = 1200;           // seconds

enum class Limit : std::uint8_t {
    topic_length,
    topic_depth,
    topic_reserved,  // begins with $ and is none of those of the service
    payload_size,
    qos,
    client_id_length,
    subscriptions,
};

struct Excess {
    Limit limit;
    std::string text;  // what is too much of what, and how much is allowed
};

// Each gives what is exceeded first, or nothing.
std::optional<Excess> exceeded_by_topic(std::string_view topic);
std::optional<Excess> exceeded_by_filter(std::string_view filter);
std::optional<Excess> exceeded_by(const OutgoingMessage& message);
std::optional<Excess> exceeded_by_client_id(std::string_view client_id);

// is_endpoint tells by a host's name whether it is AWS IoT's: NAME.iot.REGION.amazonaws.com and its relatives.
bool is_endpoint(std::string_view host);

// application_protocol is what TLS has to ask for at this port: on 443 AWS IoT has more than MQTT (aws-iot.md
// section 1). Empty: none.
std::string application_protocol(std::uint16_t port);

}  // namespace trustx::mqtt::aws
