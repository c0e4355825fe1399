// SPDX-License-Identifier: Apache-2.0
#include "model/crypto/der.hpp"

namespace trustx::sim::der {

Bytes tlv(std::uint8_t tag, ByteView content) {
    Bytes encoded{tag};
    if (content.size() < 0x80) {
        encoded.push_back(static_cast<std::uint8_t>(content.size()));
    } else if (content.size() < 0x100) {
        encoded.push_back(0x81);
        encoded.push_back(static_cast<std::uint8_t>(content.size()));
    } else {
        encoded.push_back(0x82);
        append_u16(encoded, content.size());
    }
    append(encoded, content);
    return encoded;
}

Bytes concatenate(std::initializer_list<ByteView> parts) {
    Bytes all;
    for (const auto& part : parts) {
        append(all, part);
    }
    return all;
}

Bytes sequence(std::initializer_list<ByteView> members) {
    return tlv(0x30, concatenate(members));
}

Bytes set(std::initializer_list<ByteView> members) {
    return tlv(0x31, concatenate(members));
}

Bytes integer(ByteView magnitude) {
    while (magnitude.size() > 1 && magnitude[0] == 0) {
        magnitude = magnitude.subspan(1);
    }
    Bytes content;
    if (magnitude.empty() || (magnitude[0] & 0x80U) != 0) {
        content.push_back(0);
    }
    append(content, magnitude);
    return tlv(0x02, content);
}

Bytes oid(ByteView encoded) {
    return tlv(0x06, encoded);
}

Bytes bit_string(ByteView content, std::uint8_t unused_bits) {
    Bytes value{unused_bits};
    append(value, content);
    return tlv(0x03, value);
}

Bytes octet_string(ByteView content) {
    return tlv(0x04, content);
}

Bytes utf8_string(std::string_view text) {
    return tlv(0x0C, to_bytes(text));
}

Bytes time(std::string_view text) {
    return text < "2050" ? tlv(0x17, to_bytes(text.substr(2))) : tlv(0x18, to_bytes(text));
}

Bytes boolean_true() {
    return {0x01, 0x01, 0xFF};
}

Bytes public_key(ByteView point) {
    return bit_string(point);
}

std::optional<Bytes> point_of(ByteView bit_string, Curve curve) {
    const std::size_t point_size = 1 + 2 * field_size(curve);
    ByteReader reader{bit_string};
    const bool header = reader.u8() == 0x03 && reader.u8() == point_size + 1 && reader.u8() == 0x00;
    const ByteView point = reader.take(point_size);
    if (!header || !reader.complete() || point[0] != 0x04) {
        return std::nullopt;
    }
    return to_bytes(point);
}

Bytes two_integers(ByteView r, ByteView s) {
    return concatenate({integer(r), integer(s)});
}

Bytes two_integers_of(ByteView sequence) {
    // Signatures on the curves of the chip need no more than one byte for the length of the length.
    ByteReader reader{sequence};
    const bool tagged = reader.u8() == 0x30;
    std::size_t length = reader.u8();
    if (length == 0x81) {
        length = reader.u8();
        if (length < 0x80) {
            return {};
        }
    } else if (length > 0x7F) {
        return {};
    }
    const ByteView content = reader.take(length);
    return tagged && reader.complete() ? to_bytes(content) : Bytes{};
}

}  // namespace trustx::sim::der
