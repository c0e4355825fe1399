// SPDX-License-Identifier: Apache-2.0
// The TLVs of InData and OutData: one byte tag, two bytes length (chip-commands.md section 1).
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/result.hpp"

#include <optional>

namespace trustx::sim {

// TlvReader takes TLVs in the order in which the chip expects them. It remembers the first error: a length that does
// not fit (04), or another tag or size than expected (05). Views it returns are empty after an error.
class TlvReader {
 public:
    explicit TlvReader(ByteView data) : reader_{data} {}

    // next_is tells whether a TLV with this tag comes next.
    [[nodiscard]] bool next_is(std::uint8_t tag) const;
    // next_tag is empty at the end.
    [[nodiscard]] std::optional<std::uint8_t> next_tag() const;

    ByteView take(std::uint8_t tag);
    std::uint8_t take_u8(std::uint8_t tag);
    std::uint16_t take_u16(std::uint8_t tag);
    ObjectId take_oid(std::uint8_t tag) { return static_cast<ObjectId>(take_u16(tag)); }
    // take_empty takes a TLV that is only a flag.
    void take_empty(std::uint8_t tag) { take_sized(tag, 0); }

    // finish is the first error, or 05 when something is left over.
    Outcome<void> finish();

 private:
    ByteView take_sized(std::uint8_t tag, std::size_t size);
    void remember(ErrorCode code);

    ByteReader reader_;
    std::optional<ErrorCode> error_;
};

void append_tlv(Bytes& out, std::uint8_t tag, ByteView value);

}  // namespace trustx::sim
