// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_summary.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace trustx::cli {
namespace {

// Durations are kept to be sorted; a summary of more than that many would need another way.
std::vector<std::int64_t> sorted(std::vector<std::int64_t> values) {
    std::ranges::sort(values);
    return values;
}

// The smallest duration that at least `percent` of all do not exceed (nearest rank). values is sorted and not empty,
// percent 1 to 100.
std::int64_t percentile(const std::vector<std::int64_t>& values, std::size_t percent) {
    const auto rank = (values.size() * percent + 99) / 100;
    return values[std::max<std::size_t>(rank, 1) - 1];
}

double per_run(std::int64_t total, std::int64_t count) {
    return static_cast<double>(total) / static_cast<double>(count);
}

double in_milliseconds(std::int64_t microseconds) {
    return static_cast<double>(microseconds) / 1000.0;
}

}  // namespace

void TraceSummary::add(const TraceEntry& entry) {
    if (!entry.is_activity()) {
        return;
    }
    Row& row = rows_[entry.title()];
    ++row.count;
    row.failed += entry.failed ? 1 : 0;
    row.transfers += entry.transfers;
    row.polls += entry.polls;
    row.naks += entry.naks;
    row.resends += entry.resends;
    row.total += entry.microseconds;
    if (!entry.failed) {
        row.durations.push_back(entry.microseconds);
    }
}

std::string TraceSummary::text() const {
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "%-26s %7s %6s %9s %9s %9s %9s %9s %7s %6s %6s\n", "command", "count",
                  "failed", "min ms", "median", "p95", "max", "total s", "xfers", "polls", "NAKs");
    std::string text = line.data();
    for (const auto& [title, row] : rows_) {
        const auto values = sorted(row.durations);
        const auto value = [&values](std::size_t percent) {
            return values.empty() ? 0.0 : in_milliseconds(percentile(values, percent));
        };
        std::snprintf(line.data(), line.size(),
                      "%-26.26s %7lld %6lld %9.2f %9.2f %9.2f %9.2f %9.2f %7.1f %6.1f %6.1f\n", title.c_str(),
                      static_cast<long long>(row.count), static_cast<long long>(row.failed),
                      values.empty() ? 0.0 : in_milliseconds(values.front()), value(50), value(95), value(100),
                      in_milliseconds(row.total) / 1000.0, per_run(row.transfers, row.count),
                      per_run(row.polls, row.count), per_run(row.naks, row.count));
        text += line.data();
    }
    return text;
}

nlohmann::ordered_json TraceSummary::json() const {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& [title, row] : rows_) {
        nlohmann::ordered_json entry{{"command", title}, {"count", row.count}, {"failed", row.failed}};
        if (const auto values = sorted(row.durations); !values.empty()) {
            entry["us"] = {{"min", values.front()},
                           {"median", percentile(values, 50)},
                           {"p95", percentile(values, 95)},
                           {"max", values.back()}};
        }
        entry["us_total"] = row.total;
        entry["transfers"] = row.transfers;
        entry["polls"] = row.polls;
        entry["naks"] = row.naks;
        entry["resends"] = row.resends;
        rows.push_back(std::move(entry));
    }
    return rows;
}

}  // namespace trustx::cli
