// SPDX-License-Identifier: Apache-2.0
#include "attest/base64.hpp"

namespace trustx::attest {
namespace {

constexpr std::string_view standard_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(ByteView bytes, std::string_view letters) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto byte : bytes) {
        bits = bits << 8U | byte;
        for (count += 8; count >= 6; count -= 6) {
            text += letters[bits >> (count - 6) & 0x3FU];
        }
    }
    if (count > 0) {
        text += letters[bits << (6 - count) & 0x3FU];
    }
    return text;
}

std::optional<Bytes> decode(std::string_view text, std::string_view letters) {
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto letter : text) {
        const auto value = letters.find(letter);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<std::uint8_t>(bits >> count));
        }
    }
    // Six bits left over are a letter without a byte.
    const bool whole = count < 6 && (bits & ((1U << count) - 1)) == 0;
    return whole ? std::optional{std::move(bytes)} : std::nullopt;
}

}  // namespace

std::string to_base64(ByteView bytes) {
    auto text = encode(bytes, standard_letters);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string to_base64url(ByteView bytes) {
    return encode(bytes, url_letters);
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
        text.remove_suffix(1);
    }
    return decode(text, standard_letters);
}

std::optional<Bytes> from_base64url(std::string_view text) {
    return decode(text, url_letters);
}

}  // namespace trustx::attest
