// SPDX-License-Identifier: Apache-2.0
// Trace files, which people send each other: whatever the lines hold, each is either printed as one line that a
// terminal can take, or told apart as no line of a trace, and the summary counts what was printed.
#include "fuzz_input.hpp"
#include "trace/trace_entry.hpp"
#include "trace/trace_summary.hpp"

#include <algorithm>

using namespace trustx;
using test::expect;

namespace {

bool printable(char letter) {
    return letter >= ' ' && letter <= '~';
}

void check_text(const std::string& text) {
    expect(!text.empty() && text.back() == '\n', "an entry is a line");
    expect(std::all_of(text.begin(), text.end() - 1, printable), "an entry is one line, of what can be printed");
}

std::int64_t counted_by(const cli::TraceSummary& summary) {
    std::int64_t count = 0;
    for (const auto& row : summary.json()) {
        count += row.at("count").get<std::int64_t>();
        expect(row.at("us_total").get<std::int64_t>() >= 0, "a sum of durations is not negative");
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto left = test::text_of({data, size});
    cli::TraceSummary summary;
    std::int64_t activities = 0;
    while (!left.empty()) {
        const auto end = std::min(left.find('\n'), left.size());
        const std::string line{left.substr(0, end)};
        left.remove_prefix(std::min(end + 1, left.size()));
        const auto entry = cli::TraceEntry::parse(line);
        if (!entry) {
            continue;
        }
        check_text(entry->text());
        expect(cli::TraceEntry::parse(entry->json.dump()).has_value(), "an entry survives its JSON form");
        summary.add(*entry);
        activities += entry->is_activity() ? 1 : 0;
    }
    expect(counted_by(summary) == activities, "the summary counts every activity once");
    const auto table = summary.text();
    expect(std::all_of(table.begin(), table.end(), [](char letter) { return letter == '\n' || printable(letter); }),
           "the summary can be printed");
    return 0;
}
