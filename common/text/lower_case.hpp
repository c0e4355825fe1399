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

// starts_with is true of a text that begins with a prefix, which is in lower case, in whatever letters.
inline bool starts_with(std::string_view text, std::string_view prefix) {
    return lower_case(text.substr(0, prefix.size())) == prefix;
}

}  // namespace trustx::text
