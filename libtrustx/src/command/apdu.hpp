// SPDX-License-Identifier: Apache-2.0
// The frame around every command and response: Cmd, Param, InLen, InData; Sta, UnDef, OutLen, OutData; and the TLVs
// with 16-bit length inside. Source: chip-commands.md section 1.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstdint>

namespace trustx {

// The largest APDU of the chip with its 4-byte header (object E0C6).
inline constexpr std::size_t max_apdu_size = 0x0615;
inline constexpr std::size_t apdu_header_size = 4;

// This bit of Cmd makes the chip clear the last error code first (chip-commands.md section 1).
inline constexpr std::uint8_t clear_last_error = 0x80;

// ApduWriter builds one command APDU at the end of a buffer.
class ApduWriter {
 public:
    explicit ApduWriter(Bytes& buffer) : buffer_{buffer}, start_{buffer.size()} {}

    void begin(std::uint8_t cmd, std::uint8_t param);
    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void bytes(ByteView bytes);
    void tlv(std::uint8_t tag, ByteView value);
    void tlv_u8(std::uint8_t tag, std::uint8_t value);
    void tlv_u16(std::uint8_t tag, std::uint16_t value);

    // finish writes InLen. Error: Errc::argument_invalid when the APDU exceeds max_apdu_size.
    [[nodiscard]] Result<void> finish();

    // apdu is what was written so far.
    [[nodiscard]] ByteView apdu() const { return ByteView{buffer_}.subspan(start_); }

 private:
    Bytes& buffer_;
    std::size_t start_;
};

// ResponseApdu is a parsed response; data points into the buffer that was parsed.
struct ResponseApdu {
    std::uint8_t status;
    ByteView data;
};

// parse_response_apdu checks that OutLen is what follows. Error: Errc::response_malformed.
Result<ResponseApdu> parse_response_apdu(ByteView apdu);

}  // namespace trustx
