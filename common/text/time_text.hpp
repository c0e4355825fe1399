// SPDX-License-Identifier: Apache-2.0
// Points in time as RFC 3339 writes them, in UTC: "2024-05-26T05:55:24Z". Written without the C library's calendar,
// which takes a lock that a forked child may find taken.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>

namespace trustx::text {

std::string time_text(std::time_t time);

// The same for a time that is broken down already, in UTC.
std::string time_text(const std::tm& utc);

// The same with microseconds: "2024-05-26T05:55:24.000123Z".
std::string precise_time_text(std::chrono::system_clock::time_point time);

// parse_time reads the form of time_text, with or without a fraction of a second, which is dropped, and with an offset
// such as "+02:00" in place of the Z. Nothing for any other text.
std::optional<std::chrono::sys_seconds> parse_time(const std::string& text);

}  // namespace trustx::text
