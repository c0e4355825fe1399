// SPDX-License-Identifier: Apache-2.0
#include "paho_trace.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <utility>

#include <MQTTAsync.h>

namespace trustx::mqtt::paho_trace {
namespace {

// More than any one attempt produces; keeps a connection that stays up for years from collecting lines.
constexpr std::size_t max_lines = 64;

// The callback has no context argument: the collector cannot be but global.
std::mutex mutex;
std::vector<std::string> lines;

bool is_about_tls(std::string_view line) {
    constexpr std::array wanted{std::string_view{"SSL alert"}, std::string_view{"X509_check_host"}};
    return std::ranges::any_of(wanted, [line](auto text) { return line.find(text) != std::string_view::npos; });
}

void collect(enum MQTTASYNC_TRACE_LEVELS, char* message) {
    const std::string_view line{message};
    if (!is_about_tls(line)) {
        return;
    }
    const std::lock_guard guard{mutex};
    if (lines.size() < max_lines) {
        lines.emplace_back(line);
    }
}

}  // namespace

void start() {
    MQTTAsync_setTraceCallback(collect);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_PROTOCOL);
}

std::vector<std::string> take() {
    const std::lock_guard guard{mutex};
    return std::exchange(lines, {});
}

}  // namespace trustx::mqtt::paho_trace
