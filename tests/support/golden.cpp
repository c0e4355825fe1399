// SPDX-License-Identifier: Apache-2.0
#include "golden.hpp"

#include "build_tree.hpp"
#include "temp_dir.hpp"

#include <stdexcept>

namespace trustx::test {

nlohmann::json golden(const std::string& name) {
    return nlohmann::json::parse(read_file(source_directory() / "tests" / "golden" / (name + ".json")));
}

nlohmann::json golden_apdu(std::string_view id) {
    static const nlohmann::json apdus = golden("apdus").at("apdus");
    for (const auto& entry : apdus) {
        if (entry.at("id") == id) {
            return entry;
        }
    }
    throw std::runtime_error("apdus.json has no entry " + std::string(id));
}

std::vector<std::uint8_t> from_hex(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::vector<std::uint8_t> bytes;
    int high = -1;
    for (const char letter : text) {
        if (letter == ' ' || letter == '\n') {
            continue;
        }
        const char lower = letter >= 'A' && letter <= 'F' ? static_cast<char>(letter - 'A' + 'a') : letter;
        const auto digit = digits.find(lower);
        if (digit == std::string_view::npos) {
            throw std::invalid_argument("not hexadecimal: " + std::string(text));
        }
        if (high < 0) {
            high = static_cast<int>(digit);
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high * 16 + static_cast<int>(digit)));
            high = -1;
        }
    }
    if (high >= 0) {
        throw std::invalid_argument("odd number of digits: " + std::string(text));
    }
    return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0FU];
    }
    return text;
}

}  // namespace trustx::test
