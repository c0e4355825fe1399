// SPDX-License-Identifier: Apache-2.0
// What happens to a connection that an operator's tools may wait for: a log message that has, besides its words, a kind
// and values. A log that knows no fields gets the words alone.
#pragma once

#include "connection/reason_code.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <spdlog/common.h>

namespace trustx::mqtt {

struct Incident {
    enum class Kind : std::uint8_t {
        connected,
        attempt_failed,  // there was no connection
        refused,         // by the broker: the client, or what it did
        taken_over,      // by another client with the same id
        lost,
    };

    Kind kind;
    std::optional<ReasonCode> reason{};  // of MQTT 5, where the broker gave one
    std::string endpoint{};              // "broker.example:8883"
    std::string client_id{};
    std::uint64_t key_uses = 0;  // so far
};

// report logs the words, with the incident for the sinks of the log.
void report(const Incident& incident, spdlog::level::level_enum level, const std::string& words);

// reported is the incident of the message that this thread is logging; nullptr: it has none.
const Incident* reported();

}  // namespace trustx::mqtt
