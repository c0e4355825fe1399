// SPDX-License-Identifier: Apache-2.0
#include "model/command/tlv.hpp"

namespace trustx::sim {

std::optional<std::uint8_t> TlvReader::next_tag() const {
    if (reader_.left() == 0) {
        return std::nullopt;
    }
    ByteReader peek = reader_;
    return peek.u8();
}

bool TlvReader::next_is(std::uint8_t tag) const {
    return next_tag() == tag;
}

ByteView TlvReader::take(std::uint8_t tag) {
    if (!next_is(tag)) {
        remember(ErrorCode::invalid_parameter_in_data);
        return {};
    }
    reader_.u8();
    const std::size_t length = reader_.u16();
    const ByteView value = reader_.take(length);
    if (reader_.failed()) {
        remember(ErrorCode::invalid_length);
    }
    return value;
}

ByteView TlvReader::take_sized(std::uint8_t tag, std::size_t size) {
    const ByteView value = take(tag);
    if (value.size() == size) {
        return value;
    }
    remember(ErrorCode::invalid_parameter_in_data);
    return {};
}

std::uint8_t TlvReader::take_u8(std::uint8_t tag) {
    return ByteReader(take_sized(tag, 1)).u8();
}

std::uint16_t TlvReader::take_u16(std::uint8_t tag) {
    return ByteReader(take_sized(tag, 2)).u16();
}

Outcome<void> TlvReader::finish() {
    if (reader_.left() > 0) {
        remember(ErrorCode::invalid_parameter_in_data);
    }
    if (error_) {
        return fail(*error_);
    }
    return {};
}

void TlvReader::remember(ErrorCode code) {
    error_ = error_.value_or(code);
}

void append_tlv(Bytes& out, std::uint8_t tag, ByteView value) {
    out.push_back(tag);
    append_u16(out, value.size());
    append(out, value);
}

}  // namespace trustx::sim
