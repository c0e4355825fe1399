// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_entry.hpp"

#include "common/text/counted.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace trustx::cli {
namespace {

using Json = nlohmann::ordered_json;

// libtrustx writes printable ASCII only. A file from elsewhere must not control the reader's terminal either.
std::string text_of(const Json& json, const char* name) {
    const auto found = json.find(name);
    auto text = found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    std::ranges::replace_if(
        text, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
    return text;
}

// An impossible number counts as a missing one; sums of the others do not overflow.
std::int64_t number_of(const Json& json, const char* name) {
    constexpr std::int64_t largest = 1'000'000'000'000;  // microseconds: eleven days
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_integer()) {
        return 0;
    }
    const auto number = found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{largest}
                            ? largest + 1
                            : found->get<std::int64_t>();
    return number >= 0 && number <= largest ? number : 0;
}

// padded leaves at least one space behind the text.
std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

// "2026-01-31T12:00:00.000000Z": within a trace the time of day is enough.
std::string time_of_day(const std::string& time) {
    constexpr std::size_t date = 11;
    constexpr std::size_t clock = 15;
    return time.size() > date + clock ? time.substr(date, clock) : time;
}

std::string bus_text(const TraceEntry& entry) {
    auto text =
        text::counted(entry.transfers, "transfer", "transfers") + ", " + text::counted(entry.polls, "poll", "polls");
    if (entry.naks != 0) {
        text += ", " + text::counted(entry.naks, "NAK", "NAKs");
    }
    if (entry.resends != 0) {
        text += ", " + text::counted(entry.resends, "resend", "resends");
    }
    const auto failures = number_of(entry.json, "failures");
    return failures == 0 ? text : text + ", " + text::counted(failures, "failed transfer", "failed transfers");
}

std::string result_text(const TraceEntry& entry) {
    const auto& json = entry.json;
    if (json.contains("error")) {
        return text_of(json, "error");
    }
    if (json.contains("chip_error")) {
        return "refused: " + text_of(json, "chip_error") + " " + text_of(json, "chip_error_text");
    }
    return entry.failed ? "refused, status " + text_of(json, "status") : "done";
}

std::string activity_text(const TraceEntry& entry) {
    constexpr std::size_t title_width = 30;
    constexpr std::size_t sizes_width = 14;
    constexpr std::size_t bus_width = 24;
    const auto title = entry.title() + (entry.object.empty() ? "" : " " + entry.object);
    const auto sizes = entry.event == "apdu" ? std::to_string(number_of(entry.json, "sent")) + " > " +
                                                   std::to_string(number_of(entry.json, "received")) + " B"
                                             : std::string{};
    return padded(title, title_width) + right(milliseconds(entry.microseconds), 12) + "  " +
           padded(sizes, sizes_width) + padded(bus_text(entry), bus_width) + "  " + result_text(entry);
}

std::string frame_text(const Json& json) {
    std::string text = "    " + text_of(json, "from") + (text_of(json, "from") == "host" ? " > " : " < ");
    text += text_of(json, "kind");
    if (json.contains("number")) {
        text += " " + std::to_string(number_of(json, "number"));
    }
    if (json.contains("acknowledges")) {
        text += (json.contains("number") ? " acknowledging " : " ") + std::to_string(number_of(json, "acknowledges"));
    }
    if (json.contains("chain")) {
        text += ", " + text_of(json, "chain") + " " + text_of(json, "packet");
    }
    if (const auto withheld = number_of(json, "withheld"); withheld != 0) {
        text += " [" + std::to_string(withheld) + " bytes withheld]";
    }
    return text + (json.contains("resent") ? ", sent again" : "");
}

std::string transfer_text(const TraceEntry& entry) {
    const auto& json = entry.json;
    auto text = "        " + text_of(json, "kind");
    if (json.contains("register")) {
        text += " " + text_of(json, "register") + ", " + text::counted(number_of(json, "size"), "byte", "bytes");
    }
    if (json.contains("data")) {
        text += " " + text_of(json, "data");
    }
    return text + ", " + milliseconds(entry.microseconds) + ", " + text_of(json, "result");
}

bool is_known(const std::string& event) {
    return event == "apdu" || event == "attach" || event == "reset" || event == "frame" || event == "transfer" ||
           event == "note";
}

}  // namespace

std::string milliseconds(std::int64_t microseconds) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.2f ms", static_cast<double>(microseconds) / 1000.0);
    return text.data();
}

std::optional<TraceEntry> TraceEntry::parse(const std::string& line) {
    auto json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    TraceEntry entry;
    if (entry.format = std::max(number_of(json, "format"), known_format); entry.format > known_format) {
        entry.json = std::move(json);
        return entry;
    }
    if (!is_known(text_of(json, "event"))) {
        return std::nullopt;
    }
    entry.event = text_of(json, "event");
    entry.time = text_of(json, "time");
    entry.pid = number_of(json, "pid");
    entry.program = text_of(json, "program");
    entry.device = text_of(json, "device");
    entry.command = text_of(json, "command");
    entry.object = text_of(json, "object");
    entry.microseconds = number_of(json, "us");
    entry.transfers = number_of(json, "transfers");
    entry.polls = number_of(json, "polls");
    entry.naks = number_of(json, "naks");
    entry.resends = number_of(json, "resends");
    const auto status = text_of(json, "status");
    entry.failed = json.contains("error") || (!status.empty() && status != "00");
    entry.json = std::move(json);
    return entry;
}

std::string TraceEntry::text() const {
    constexpr std::size_t who_width = 22;
    const auto who = std::to_string(pid) + " " + program;
    const auto what = is_activity()      ? activity_text(*this)
                      : event == "note"  ? text_of(json, "text")
                      : event == "frame" ? frame_text(json)
                                         : transfer_text(*this);
    return time_of_day(time) + "  " + padded(who, who_width) + what + "\n";
}

}  // namespace trustx::cli
