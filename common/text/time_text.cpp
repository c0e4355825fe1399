// SPDX-License-Identifier: Apache-2.0
#include "common/text/time_text.hpp"

#include <array>
#include <cstdio>

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

}  // namespace

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
