// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_reader.hpp"

#include <trustx/metadata.hpp>

#include <stdexcept>

namespace trustx {
namespace {

// Tags with one-byte lengths (chip-objects.md section 2).
constexpr std::uint8_t tag_metadata = 0x20;
constexpr std::uint8_t tag_life_cycle = 0xC0;
constexpr std::uint8_t tag_max_size = 0xC4;
constexpr std::uint8_t tag_used_size = 0xC5;
constexpr std::uint8_t tag_change_access = 0xD0;
constexpr std::uint8_t tag_read_access = 0xD1;
constexpr std::uint8_t tag_execute_access = 0xD3;
constexpr std::uint8_t tag_key_algorithm = 0xE0;
constexpr std::uint8_t tag_key_usage = 0xE1;

// Each take_ function fills a field from the value of its tag, and says whether that was possible. A tag that comes
// twice is not: which of the two would count?
bool take_byte(std::optional<std::uint8_t>& field, ByteView value) {
    if (field || value.size() != 1) {
        return false;
    }
    field = value[0];
    return true;
}

template <class Enum>
bool take_enum(std::optional<Enum>& field, ByteView value) {
    std::optional<std::uint8_t> byte;
    if (field || !take_byte(byte, value)) {
        return false;
    }
    field = static_cast<Enum>(*byte);
    return true;
}

// Sizes come in the shortest form and in two bytes; both are right (chip-objects.md section 2).
bool take_size(std::optional<std::uint16_t>& field, ByteView value) {
    if (field || value.empty() || value.size() > 2) {
        return false;
    }
    field = static_cast<std::uint16_t>(value.size() == 1 ? value[0] : value[0] << 8 | value[1]);
    return true;
}

bool take_expression(std::optional<Bytes>& field, ByteView value) {
    if (field) {
        return false;
    }
    field.emplace(value.begin(), value.end());
    return true;
}

bool take_algorithm(std::optional<Curve>& field, ByteView value) {
    return take_enum(field, value) && (field == Curve::p256 || field == Curve::p384);
}

bool take(Metadata& metadata, std::uint8_t tag, ByteView value) {
    switch (tag) {
        case tag_life_cycle:
            return take_enum(metadata.life_cycle, value);
        case tag_max_size:
            return take_size(metadata.max_size, value);
        case tag_used_size:
            return take_size(metadata.used_size, value);
        case tag_change_access:
            return take_expression(metadata.change_access, value);
        case tag_read_access:
            return take_expression(metadata.read_access, value);
        case tag_execute_access:
            return take_expression(metadata.execute_access, value);
        case tag_key_algorithm:
            return take_algorithm(metadata.key_algorithm, value);
        case tag_key_usage:
            return take_enum(metadata.key_usage, value);
        default:
            metadata.other_tags += 2 + value.size();
            return true;
    }
}

void append(Bytes& out, std::uint8_t tag, ByteView value) {
    if (value.size() > 0xFF) {
        throw std::length_error("metadata value of more than 255 bytes");
    }
    out.push_back(tag);
    out.push_back(static_cast<std::uint8_t>(value.size()));
    out.insert(out.end(), value.begin(), value.end());
}

template <class Byte>
void append_byte(Bytes& out, std::uint8_t tag, const std::optional<Byte>& field) {
    if (field) {
        const auto byte = static_cast<std::uint8_t>(*field);
        append(out, tag, {&byte, 1});
    }
}

void append_size(Bytes& out, std::uint8_t tag, const std::optional<std::uint16_t>& field) {
    if (!field) {
        return;
    }
    const std::uint8_t bytes[]{static_cast<std::uint8_t>(*field >> 8), static_cast<std::uint8_t>(*field)};
    append(out, tag, *field < 0x100 ? ByteView{bytes}.subspan(1) : ByteView{bytes});
}

void append_expression(Bytes& out, std::uint8_t tag, const std::optional<Bytes>& field) {
    if (field) {
        append(out, tag, *field);
    }
}

}  // namespace

Result<Metadata> Metadata::parse(ByteView tlv) {
    ByteReader outer{tlv};
    outer.expect(tag_metadata);
    ByteReader inner{outer.bytes(outer.u8())};
    Metadata metadata;
    while (!outer.failed() && inner.left() > 0) {
        const std::uint8_t tag = inner.u8();
        const ByteView value = inner.bytes(inner.u8());
        if (!inner.failed() && !take(metadata, tag, value)) {
            return fail(Errc::metadata_malformed, "metadata tag " + to_hex({&tag, 1}) + " in " + to_hex(tlv));
        }
    }
    if (!outer.done() || !inner.done()) {
        return fail(Errc::metadata_malformed, "metadata " + to_hex(tlv));
    }
    return metadata;
}

Bytes Metadata::encode() const {
    Bytes content;
    append_byte(content, tag_life_cycle, life_cycle);
    append_size(content, tag_max_size, max_size);
    append_size(content, tag_used_size, used_size);
    append_expression(content, tag_change_access, change_access);
    append_expression(content, tag_read_access, read_access);
    append_expression(content, tag_execute_access, execute_access);
    append_byte(content, tag_key_algorithm, key_algorithm);
    append_byte(content, tag_key_usage, key_usage);
    Bytes tlv;
    append(tlv, tag_metadata, content);
    return tlv;
}

}  // namespace trustx
