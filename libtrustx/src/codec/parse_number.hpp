// SPDX-License-Identifier: Apache-2.0
// Numbers in text: all of the text, no sign, no blank, no more than a bound.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trustx {

inline std::optional<std::uint32_t> parse_number(std::string_view text, int base, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) {
        return std::nullopt;
    }
    return value;
}

inline std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t most) {
    return parse_number(text, 10, most);
}

inline std::optional<std::uint32_t> parse_hexadecimal(std::string_view text, std::uint32_t most) {
    return parse_number(text, 16, most);
}

}  // namespace trustx
