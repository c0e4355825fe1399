// SPDX-License-Identifier: Apache-2.0
#include "common/text/time_text.hpp"

#include <array>

namespace trustx::text {

std::string time_text(std::time_t time) {
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    return time_text(utc);
}

std::string time_text(const std::tm& utc) {
    std::array<char, sizeof "2024-05-26T05:55:24Z" + 8> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return {text.data(), length};
}

}  // namespace trustx::text
