// SPDX-License-Identifier: Apache-2.0
// One line of a trace, as libtrustx writes it (docs/trace.md), and its form for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace trustx::cli {

// known_format is the last format that this program knows.
inline constexpr std::int64_t known_format = 1;

// TraceEntry is a parsed line. Members that this kind of line does not have are empty or 0.
// NOLINTNEXTLINE(bugprone-exception-escape): moving JSON throws nothing, which clang-tidy cannot see
struct TraceEntry {
    // format is the number of what the members mean; a line without one is of the first. Processes of two versions may
    // write to one file, so each line says it for itself.
    std::int64_t format = known_format;
    std::string event;  // apdu, attach, reset, frame, transfer, note
    std::string time;
    std::int64_t pid = 0;
    std::string program;
    std::string device;
    std::string command;  // apdu only
    std::string object;
    std::int64_t microseconds = 0;
    std::int64_t transfers = 0;
    std::int64_t polls = 0;
    std::int64_t naks = 0;
    std::int64_t resends = 0;
    bool failed = false;  // refused by the chip, or without an answer
    nlohmann::ordered_json json;

    // parse reads a line; nothing when it is not one of a trace. Of a line in a later format only that is known.
    static std::optional<TraceEntry> parse(const std::string& line);

    // is_activity: something done with the chip, not a detail of it, nor a program's note.
    [[nodiscard]] bool is_activity() const { return event == "apdu" || event == "attach" || event == "reset"; }
    // title is what was done: the command, or the event.
    [[nodiscard]] const std::string& title() const { return command.empty() ? event : command; }

    // text is one line for people, with line break.
    [[nodiscard]] std::string text() const;
};

// milliseconds is a duration in text: "65.01 ms".
std::string milliseconds(std::int64_t microseconds);

}  // namespace trustx::cli
