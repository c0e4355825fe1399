// SPDX-License-Identifier: Apache-2.0
#include "trace/json_line.hpp"

#include <algorithm>
#include <charconv>

namespace trustx {

void JsonLine::put(char character) {
    if (size_ == capacity - cut_end.size()) {
        full_ = true;
        return;
    }
    buffer_[size_++] = character;
}

void JsonLine::put(std::string_view text) {
    for (const char character : text) {
        put(character);
    }
}

template <class Value>
void JsonLine::member(std::string_view name, Value value) {
    const auto before = size_;
    put(before == 0 ? '{' : ',');
    put('"');
    put(name);
    put("\":");
    value();
    if (full_) {
        size_ = before;
        full_ = false;
        cut_ = true;
    }
}

void JsonLine::text(std::string_view name, std::string_view value) {
    member(name, [&] {
        put('"');
        for (const char character : value) {
            const bool special = character == '"' || character == '\\';
            const bool printable = character >= ' ' && character <= '~';
            if (special) {
                put('\\');
            }
            put(printable ? character : '?');
        }
        put('"');
    });
}

void JsonLine::number(std::string_view name, std::int64_t value) {
    member(name, [&] {
        std::array<char, 24> digits{};
        const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        put({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
    });
}

void JsonLine::flag(std::string_view name, bool value) {
    member(name, [&] { put(value ? std::string_view{"true"} : std::string_view{"false"}); });
}

void JsonLine::hex(std::string_view name, ByteView value) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    member(name, [&] {
        put('"');
        for (const std::uint8_t byte : value) {
            put(digits[byte >> 4]);
            put(digits[byte & 0x0F]);
        }
        put('"');
    });
}

std::string_view JsonLine::finish() {
    if (size_ == 0) {
        buffer_[size_++] = '{';
    }
    const auto tail = cut_ ? (size_ == 1 ? cut_end.substr(1) : cut_end) : end;
    std::ranges::copy(tail, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += tail.size();
    return {buffer_.data(), size_};
}

}  // namespace trustx
