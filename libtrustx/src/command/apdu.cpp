// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"

#include "codec/byte_reader.hpp"

namespace trustx {

void ApduWriter::begin(std::uint8_t cmd, std::uint8_t param) {
    u8(cmd);
    u8(param);
    u16(0);  // InLen, written by finish
}

void ApduWriter::u8(std::uint8_t value) {
    buffer_.push_back(value);
}

void ApduWriter::u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value));
}

void ApduWriter::bytes(ByteView bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void ApduWriter::tlv(std::uint8_t tag, ByteView value) {
    u8(tag);
    // A length beyond 16 bits makes the APDU too long, which finish() reports.
    u16(static_cast<std::uint16_t>(value.size()));
    bytes(value);
}

void ApduWriter::tlv_u8(std::uint8_t tag, std::uint8_t value) {
    tlv(tag, {&value, 1});
}

void ApduWriter::tlv_u16(std::uint8_t tag, std::uint16_t value) {
    u8(tag);
    u16(2);
    u16(value);
}

Result<void> ApduWriter::finish() {
    const std::size_t size = buffer_.size() - start_;
    if (size > max_apdu_size) {
        return fail(Errc::argument_invalid,
                    "a command of " + std::to_string(size) + " bytes, the chip takes " + std::to_string(max_apdu_size));
    }
    const std::size_t in_len = size - apdu_header_size;
    buffer_[start_ + 2] = static_cast<std::uint8_t>(in_len >> 8);
    buffer_[start_ + 3] = static_cast<std::uint8_t>(in_len);
    return {};
}

Result<ResponseApdu> parse_response_apdu(ByteView apdu) {
    ByteReader reader{apdu};
    const std::uint8_t status = reader.u8();
    reader.u8();  // UnDef: any value (chip-commands.md section 1)
    const std::uint16_t out_len = reader.u16();
    const ByteView data = reader.bytes(out_len);
    if (!reader.done()) {
        return fail(Errc::response_malformed,
                    "response of " + std::to_string(apdu.size()) + " bytes with OutLen " + std::to_string(out_len));
    }
    return ResponseApdu{status, data};
}

}  // namespace trustx
