// SPDX-License-Identifier: Apache-2.0
#include "paho_trace.hpp"

#include <mutex>
#include <string_view>
#include <utility>

#include <MQTTAsync.h>

namespace trustx::mqtt::paho_trace {
namespace {

// More than any one attempt produces; keeps a connection that stays up for years from collecting without end.
constexpr std::size_t limit = 64;

// The callback has no context argument: the collector cannot be but global.
std::mutex mutex;
Record record;

void collect(enum MQTTASYNC_TRACE_LEVELS /*level*/, char* message) {
    const std::string_view line{message};
    const auto has = [line](std::string_view text) { return line.find(text) != std::string_view::npos; };
    if (has("SSLSocket error ") && !has("WANT_")) {
        auto errors = take_tls_errors();  // of this thread, where the call failed just now
        const std::lock_guard guard{mutex};
        if (record.errors.size() < limit) {
            record.errors.insert(record.errors.end(), std::make_move_iterator(errors.begin()),
                                 std::make_move_iterator(errors.end()));
        }
    } else if (has("SSL alert ") || has("X509_check_host ")) {
        const std::lock_guard guard{mutex};
        if (record.lines.size() < limit) {
            record.lines.emplace_back(line);
        }
    }
}

}  // namespace

void start() {
    MQTTAsync_setTraceCallback(collect);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_MINIMUM);
}

Record take() {
    const std::lock_guard guard{mutex};
    return std::exchange(record, {});
}

}  // namespace trustx::mqtt::paho_trace
