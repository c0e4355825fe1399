// SPDX-License-Identifier: Apache-2.0
#include "model/chip/metadata.hpp"

#include "common/try.hpp"
#include "model/chip/access_condition.hpp"

#include <set>

namespace trustx::sim {

namespace {

constexpr std::uint8_t constructed = 0x20;
constexpr std::uint8_t tag_life_cycle = 0xC0;
constexpr std::uint8_t tag_max_size = 0xC4;
constexpr std::uint8_t tag_used_size = 0xC5;
constexpr std::uint8_t tag_change = 0xD0;
constexpr std::uint8_t tag_read = 0xD1;
constexpr std::uint8_t tag_erase = 0xD2;
constexpr std::uint8_t tag_algorithm = 0xE0;
constexpr std::uint8_t tag_key_usage = 0xE1;

void append_tag(Bytes& out, std::uint8_t tag, ByteView value) {
    out.push_back(tag);
    out.push_back(static_cast<std::uint8_t>(value.size()));
    append(out, value);
}

void append_byte(Bytes& out, std::uint8_t tag, std::optional<std::uint8_t> value) {
    if (value) {
        append_tag(out, tag, Bytes{*value});
    }
}

void append_expression(Bytes& out, std::uint8_t tag, const std::optional<Bytes>& expression) {
    if (expression) {
        append_tag(out, tag, *expression);
    }
}

// Sizes take one byte below 100h and two above; seen as C4 01 1B, C4 02 06 C0 and C5 01 0F.
void append_size(Bytes& out, std::uint8_t tag, std::size_t size) {
    Bytes value;
    if (size < 0x100) {
        value.push_back(static_cast<std::uint8_t>(size));
    } else {
        append_u16(value, size);
    }
    append_tag(out, tag, value);
}

std::optional<std::uint16_t> size_of(ByteView value) {
    ByteReader reader{value};
    if (value.size() == 1) {
        return reader.u8();
    }
    if (value.size() == 2) {
        return reader.u16();
    }
    return std::nullopt;
}

struct Tag {
    std::uint8_t tag;
    ByteView value;
};

// tags_of splits `20 LL tlvs`; empty when the lengths do not add up or a tag comes twice.
std::optional<std::vector<Tag>> tags_of(ByteView encoded) {
    ByteReader reader{encoded};
    if (reader.u8() != constructed || reader.u8() != reader.left()) {
        return std::nullopt;
    }
    std::vector<Tag> tags;
    std::set<std::uint8_t> seen;
    while (reader.left() > 0) {
        const auto tag = reader.u8();
        const auto length = reader.u8();
        tags.push_back({tag, reader.take(length)});
        if (!seen.insert(tag).second) {
            return std::nullopt;
        }
    }
    if (reader.failed()) {
        return std::nullopt;
    }
    return tags;
}

bool decode_tag(Metadata& metadata, const Tag& tag) {
    const auto& [name, value] = tag;
    const bool one_byte = value.size() == 1;
    switch (name) {
        case tag_life_cycle:
            if (!one_byte || !is_life_cycle(value[0])) {
                return false;
            }
            metadata.life_cycle = static_cast<LifeCycle>(value[0]);
            return true;
        case tag_max_size:
            metadata.max_size = size_of(value);
            return metadata.max_size.has_value();
        case tag_used_size:
            metadata.shows_used_size = true;
            return size_of(value).has_value();
        case tag_change:
            metadata.change = to_bytes(value);
            return access::valid(value);
        case tag_read:
            metadata.read = to_bytes(value);
            return access::valid(value);
        case tag_erase:
            metadata.erase = to_bytes(value);
            return access::valid(value);
        case tag_algorithm:
            if (!one_byte || !is_curve(value[0])) {
                return false;
            }
            metadata.algorithm = value[0];
            return true;
        case tag_key_usage:
            if (!one_byte) {
                return false;
            }
            metadata.key_usage = value[0];
            return true;
        default:
            return false;
    }
}

// A tag that only the chip itself sets.
bool is_automatic(std::uint8_t tag) {
    return tag == tag_max_size || tag == tag_used_size || tag == tag_algorithm;
}

// raise moves LcsO upward; a state can be skipped but never lowered (section 4).
Outcome<LifeCycle> raise(const Metadata& metadata, ByteView value) {
    if (value.size() != 1 || !is_life_cycle(value[0])) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    const auto wanted = static_cast<LifeCycle>(value[0]);
    if (!metadata.life_cycle || wanted < *metadata.life_cycle) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    return wanted;
}

}  // namespace

Bytes encode(const Metadata& metadata, std::size_t used_size) {
    Bytes tags;
    if (metadata.life_cycle) {
        append_byte(tags, tag_life_cycle, static_cast<std::uint8_t>(*metadata.life_cycle));
    }
    if (metadata.max_size) {
        append_size(tags, tag_max_size, *metadata.max_size);
    }
    if (metadata.shows_used_size) {
        append_size(tags, tag_used_size, used_size);
    }
    append_expression(tags, tag_change, metadata.change);
    append_expression(tags, tag_read, metadata.read);
    append_expression(tags, tag_erase, metadata.erase);
    append_byte(tags, tag_algorithm, metadata.algorithm);
    append_byte(tags, tag_key_usage, metadata.key_usage);
    Bytes encoded;
    append_tag(encoded, constructed, tags);
    return encoded;
}

std::optional<Metadata> decode_metadata(ByteView encoded) {
    const auto tags = tags_of(encoded);
    if (!tags) {
        return std::nullopt;
    }
    Metadata metadata;
    for (const auto& tag : *tags) {
        if (!decode_tag(metadata, tag)) {
            return std::nullopt;
        }
    }
    return metadata;
}

Outcome<Metadata> changed(const Metadata& metadata, ByteView request, std::size_t used_size) {
    // A request without tags asks for nothing; that a chip refuses it is our choice.
    const auto tags = tags_of(request);
    if (!tags || tags->empty()) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    Metadata result = metadata;
    for (const auto& tag : *tags) {
        if (tag.tag == tag_life_cycle) {
            TRY(const auto raised, raise(metadata, tag.value));
            result.life_cycle = raised;
            continue;
        }
        if (metadata.effective_life_cycle() >= LifeCycle::operational) {
            return fail(ErrorCode::access_conditions_not_satisfied);
        }
        if (is_automatic(tag.tag) || !decode_tag(result, tag)) {
            return fail(ErrorCode::invalid_parameter_in_data);
        }
        // Only keys have a usage, and no object that is a key has a size.
        if (tag.tag == tag_key_usage && (metadata.max_size || !usage::legal(*result.key_usage))) {
            return fail(ErrorCode::invalid_parameter_in_data);
        }
    }
    if (encode(result, used_size).size() > max_metadata_size) {
        return fail(ErrorCode::metadata_truncation);
    }
    return result;
}

}  // namespace trustx::sim
