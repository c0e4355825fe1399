// SPDX-License-Identifier: Apache-2.0
#include "session/incident.hpp"

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

thread_local const Incident* current = nullptr;  // spdlog hands a message to its sinks in the thread that logs it

}  // namespace

void report(const Incident& incident, spdlog::level::level_enum level, const std::string& words) {
    current = &incident;
    spdlog::log(level, "{}", words);
    current = nullptr;
}

const Incident* reported() {
    return current;
}

}  // namespace trustx::mqtt
