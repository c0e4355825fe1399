// SPDX-License-Identifier: Apache-2.0
#include "model/base/bytes.hpp"

namespace trustx::sim {

std::uint8_t ByteReader::u8() {
    const ByteView byte = take(1);
    return byte.empty() ? std::uint8_t{0} : byte[0];
}

std::uint16_t ByteReader::u16() {
    const ByteView pair = take(2);
    return pair.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(pair[0] << 8U | pair[1]);
}

ByteView ByteReader::take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
        failed_ = true;
        return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

void append(Bytes& bytes, ByteView more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

void append_u16(Bytes& bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

Bytes to_bytes(ByteView view) {
    return {view.begin(), view.end()};
}

Bytes to_bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

std::string to_hex(ByteView bytes) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0FU];
    }
    return text;
}

namespace {

int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return -1;
}

}  // namespace

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit_value(text[i]);
        const int low = digit_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

}  // namespace trustx::sim
