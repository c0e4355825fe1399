// SPDX-License-Identifier: Apache-2.0
#include "common/text/time_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace trustx::text {
namespace {

using std::chrono::sys_seconds;

std::string time_text(sys_seconds time, const char* fraction) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d%sZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), fraction);
    return text.data();
}

// offset_of reads what follows the seconds: a fraction, and an offset from UTC.
std::optional<std::chrono::minutes> offset_of(std::string_view rest) {
    if (rest.starts_with('.')) {
        rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
    }
    if (rest == "Z") {
        return std::chrono::minutes{0};
    }
    int hours = 0;
    int minutes = 0;
    char sign = '\0';
    int length = 0;
    const std::string text{rest};
    const int count = std::sscanf(text.c_str(), "%c%2d:%2d%n", &sign, &hours, &minutes, &length);
    if (count != 3 || static_cast<std::size_t>(length) != text.size() || (sign != '+' && sign != '-')) {
        return std::nullopt;
    }
    const auto offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return sign == '+' ? offset : -offset;
}

}  // namespace

std::optional<sys_seconds> parse_time(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int length = 0;
    if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &length) !=
        6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    const bool possible =
        date.ok() && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
    const auto offset = offset_of(std::string_view{text}.substr(static_cast<std::size_t>(length)));
    if (!possible || !offset) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} - *offset;
}

std::string time_text(std::time_t time) {
    return time_text(sys_seconds{std::chrono::seconds{time}}, "");
}

std::string time_text(const std::tm& utc) {
    const std::chrono::sys_days day{std::chrono::year{utc.tm_year + 1900} / (utc.tm_mon + 1) / utc.tm_mday};
    return time_text(
        day + std::chrono::hours{utc.tm_hour} + std::chrono::minutes{utc.tm_min} + std::chrono::seconds{utc.tm_sec},
        "");
}

std::string precise_time_text(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::floor<std::chrono::microseconds>(time - whole).count();
    std::array<char, 24> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%06d", static_cast<int>(rest));
    return time_text(whole, fraction.data());
}

}  // namespace trustx::text
