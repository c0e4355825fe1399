// SPDX-License-Identifier: Apache-2.0
// What MQTT itself demands of topics and filters (MQTT 5.0 section 4.7). Brokers answer what breaks these rules by
// closing the connection, and Paho takes some of it without ever sending it.
#pragma once

#include <string_view>

namespace trustx::mqtt {

// is_topic: not empty, at most 65535 bytes of UTF-8 without control characters, no wildcard.
bool is_topic(std::string_view topic);

// is_topic_filter: the same, with + alone in any level and # alone in the last.
bool is_topic_filter(std::string_view filter);

}  // namespace trustx::mqtt
