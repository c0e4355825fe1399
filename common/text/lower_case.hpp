// SPDX-License-Identifier: Apache-2.0
// Letters of ASCII in lower case, whatever the locale is; other bytes stay.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace trustx::text {

constexpr char lower_case(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

inline std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) { return lower_case(letter); });
    return lower;
}

}  // namespace trustx::text
