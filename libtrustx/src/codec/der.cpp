// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"

#include <algorithm>

namespace trustx::der {
namespace {

constexpr std::uint8_t long_form = 0x80;

ByteView without_leading_zeros(ByteView magnitude) {
    const auto first = std::find_if(magnitude.begin(), magnitude.end(), [](std::uint8_t byte) { return byte != 0; });
    return magnitude.subspan(static_cast<std::size_t>(first - magnitude.begin()));
}

void append_header(Bytes& out, std::uint8_t tag, std::size_t length) {
    out.push_back(tag);
    if (length < long_form) {
        out.push_back(static_cast<std::uint8_t>(length));
        return;
    }
    std::size_t width = 1;
    while (width < sizeof length && length >> (8 * width) != 0) {
        ++width;
    }
    out.push_back(static_cast<std::uint8_t>(long_form | width));
    while (width-- > 0) {
        out.push_back(static_cast<std::uint8_t>(length >> (8 * width)));
    }
}

}  // namespace

std::size_t Reader::length() {
    const std::uint8_t first = reader_.u8();
    if (first < long_form) {
        return first;
    }
    // Up to three bytes: nothing that trustx reads comes near 16 MiB.
    std::size_t length = 0;
    std::size_t shortest = 0;
    switch (first) {
        case long_form | 1:
            length = reader_.u8();
            shortest = 0x80;
            break;
        case long_form | 2:
            length = reader_.u16();
            shortest = 0x100;
            break;
        case long_form | 3:
            length = reader_.u24();
            shortest = 0x10000;
            break;
        default:
            break;
    }
    if (length == 0 || length < shortest) {
        reader_.fail();
    }
    return length;
}

ByteView Reader::content(std::uint8_t tag) {
    reader_.expect(tag);
    return reader_.bytes(length());
}

ByteView Reader::element(std::uint8_t tag) {
    const ByteView before = reader_.rest();
    content(tag);
    return reader_.failed() ? ByteView{} : before.first(before.size() - reader_.left());
}

ByteView Reader::unsigned_integer() {
    const ByteView value = content(tag_integer);
    if (value.empty()) {
        reader_.fail();
        return {};
    }
    const bool negative = (value[0] & 0x80) != 0;
    const bool padded = value[0] == 0 && value.size() > 1;
    if (negative || (padded && (value[1] & 0x80) == 0)) {
        reader_.fail();
        return {};
    }
    return value[0] == 0 ? value.subspan(1) : value;
}

ByteView Reader::whole_bytes() {
    const ByteView value = content(tag_bit_string);
    if (value.empty() || value[0] != 0) {
        reader_.fail();
        return {};
    }
    return value.subspan(1);
}

void append(Bytes& out, std::uint8_t tag, ByteView content) {
    append_header(out, tag, content.size());
    out.insert(out.end(), content.begin(), content.end());
}

void append_unsigned_integer(Bytes& out, ByteView magnitude) {
    const ByteView digits = without_leading_zeros(magnitude);
    const bool pad = digits.empty() || (digits[0] & 0x80) != 0;
    append_header(out, tag_integer, digits.size() + (pad ? 1 : 0));
    if (pad) {
        out.push_back(0);
    }
    out.insert(out.end(), digits.begin(), digits.end());
}

void append_whole_bytes(Bytes& out, ByteView bytes) {
    append_header(out, tag_bit_string, bytes.size() + 1);
    out.push_back(0);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace trustx::der
