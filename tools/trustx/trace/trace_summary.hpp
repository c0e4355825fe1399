// SPDX-License-Identifier: Apache-2.0
// Figures of a trace: how often each command was run, how long it took and what it cost on the bus.
#pragma once

#include "trace/trace_entry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace trustx::cli {

class TraceSummary {
 public:
    void add(const TraceEntry& entry);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] nlohmann::ordered_json json() const;

 private:
    struct Row {
        std::vector<std::int64_t> durations;  // of those that succeeded
        std::int64_t count = 0;
        std::int64_t failed = 0;
        std::int64_t transfers = 0;
        std::int64_t polls = 0;
        std::int64_t naks = 0;
        std::int64_t resends = 0;
        std::int64_t total = 0;
    };

    std::map<std::string, Row> rows_;
};

}  // namespace trustx::cli
