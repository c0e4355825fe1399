// SPDX-License-Identifier: Apache-2.0
#include "connection/paho_trace.hpp"

#include <iterator>
#include <mutex>
#include <utility>

#include <MQTTAsync.h>
#include <openssl/ssl.h>

namespace trustx::mqtt::paho_trace {
namespace {

// More than any one attempt produces; bounds what a connection that stays up for years collects.
constexpr std::size_t limit = 64;

// The callback has no context argument: the collector cannot be but global. It is never destroyed, because Paho's
// threads may still write lines while the process ends.
std::mutex mutex;
Record& collected() {
    static auto* const record = new Record;  // NOLINT(cppcoreguidelines-owning-memory)
    return *record;
}

std::optional<int> alert_described_as(std::string_view description) {
    constexpr int highest = 255;
    constexpr int unassigned = 255;
    for (int number = 0; number <= highest; ++number) {
        if (description == SSL_alert_desc_string_long(number)) {
            // All numbers without a name have the same text.
            return description == SSL_alert_desc_string_long(unassigned) ? std::nullopt : std::optional{number};
        }
    }
    return std::nullopt;
}

void collect(enum MQTTASYNC_TRACE_LEVELS /*level*/, char* message) {
    const auto line = parse_trace_text(message);
    if (line.kind == TraceLine::Kind::other) {
        return;
    }
    // Of this thread, where the call failed just now.
    auto errors =
        line.kind == TraceLine::Kind::tls_error ? openssl::take_errors() : std::vector<openssl::QueuedError>{};
    const std::lock_guard guard{mutex};
    auto& record = collected();
    if (record.errors.size() + record.lines.size() >= limit) {
        return;
    }
    if (line.kind == TraceLine::Kind::tls_error) {
        std::ranges::move(errors, std::back_inserter(record.errors));
        return;
    }
    record.lines.emplace_back(message);
    if (line.alert_read) {
        record.alerts.push_back(*line.alert_read);
    }
}

}  // namespace

TraceLine parse_trace_text(std::string_view line) {
    using Kind = TraceLine::Kind;
    const auto has = [line](std::string_view text) { return line.find(text) != std::string_view::npos; };
    if (has("SSLSocket error ")) {
        return {has("WANT_") ? Kind::other : Kind::tls_error, std::nullopt};
    }
    if (has("X509_check_host ")) {
        return {Kind::name_check, std::nullopt};
    }
    if (!has("SSL alert ")) {
        return {};
    }
    const bool sent_by_broker = has("SSL alert read:");
    return {Kind::alert, sent_by_broker ? alert_described_as(line.substr(line.rfind(':') + 1)) : std::nullopt};
}

void start() {
    MQTTAsync_setTraceCallback(collect);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_MINIMUM);
}

void stop() {
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_FATAL);
}

Record take() {
    const std::lock_guard guard{mutex};
    return std::exchange(collected(), {});
}

}  // namespace trustx::mqtt::paho_trace
