// SPDX-License-Identifier: Apache-2.0
// The log of what was measured since the start of the system: a line for each measurement, each with a digest over its
// predecessor, so that no line can be changed, left out or put elsewhere without all later ones changing.
//
//     <chain> {"n":1,"boot":"<boot id>","time":"2026-11-30T08:00:02Z","components":{"kernel":"<SHA-256>",...}}
//
// chain is SHA-256 of the predecessor's chain (32 bytes; for the first line, SHA-256 of the boot id) and of the object
// as it stands in the line. Who may write to the file may write another one from the start: only what somebody else
// remembers of it, in evidence that was handed over, cannot be changed afterwards (docs/integrity.md).
#pragma once

#include "attest/digest.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::attest {

// A log is no longer than this: bytes, and lines.
inline constexpr std::size_t log_limit = std::size_t{1} << 20;
inline constexpr std::size_t log_lines_limit = 1000;

struct LogEntry {
    std::string line;  // as it stands in the file
    Digest chain{};
    std::string time;
    std::map<std::string, Digest> components;
};

struct Log {
    std::vector<LogEntry> entries{};
    std::string broken{};  // the first thing that is wrong, for people; empty: whole

    // head is the last chain value, or for an empty log the value that its first entry is chained to.
    [[nodiscard]] Digest head(const std::string& boot_id) const;
};

// parse_log reads lines; what is wrong is in the log, with the entries up to there.
Log parse_log(const std::vector<std::string>& lines, const std::string& boot_id);

// read_log reads a file; without one the log is empty. A file that others than root or this user may write to is
// broken. InputErrc::unreadable, and malformed for one beyond the limits.
Result<Log> read_log(const std::string& path, const std::string& boot_id);

// How long append_to_log waits for another process that adds an entry, which is a matter of milliseconds.
inline constexpr std::chrono::seconds log_patience{10};

// append_to_log adds an entry, and makes file and directory where they are missing. It excludes other processes by a
// lock of PATH.lock, which only the log's owner may open: everybody may read the log, and so could lock it. Errors:
// AttestErrc::log_broken for a log that is; InputErrc::unwritable, also after log_patience; refused when it is full.
Result<LogEntry> append_to_log(const std::string& path, const std::string& boot_id, std::time_t now,
                               const std::map<std::string, Digest>& components, Clock& clock);
Result<LogEntry> append_to_log(const std::string& path, const std::string& boot_id, std::time_t now,
                               const std::map<std::string, Digest>& components);

}  // namespace trustx::attest
