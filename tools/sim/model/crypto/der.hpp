// SPDX-License-Identifier: Apache-2.0
// The few DER types that the chip's answers and its certificate consist of.
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/names.hpp"

#include <initializer_list>
#include <optional>

namespace trustx::sim::der {

// tlv wraps content in tag and shortest length.
Bytes tlv(std::uint8_t tag, ByteView content);
Bytes concatenate(std::initializer_list<ByteView> parts);

Bytes sequence(std::initializer_list<ByteView> members);
Bytes set(std::initializer_list<ByteView> members);
// integer is the minimal INTEGER of an unsigned big-endian number.
Bytes integer(ByteView magnitude);
Bytes oid(ByteView encoded);
Bytes bit_string(ByteView content, std::uint8_t unused_bits = 0);
Bytes octet_string(ByteView content);
Bytes utf8_string(std::string_view text);
// time is GeneralizedTime from 2050 on and UTCTime before (RFC 5280 section 4.1.2.5), from "20500101000000Z".
Bytes time(std::string_view text);
Bytes boolean_true();

// The chip's own encodings (chip-commands.md section 5).
// public_key is the BIT STRING of an uncompressed point.
Bytes public_key(ByteView point);
// point_of is the uncompressed point in a BIT STRING of exactly the form above; empty for anything else.
std::optional<Bytes> point_of(ByteView bit_string, Curve curve);
// two_integers is r and s without the SEQUENCE around them.
Bytes two_integers(ByteView r, ByteView s);
// two_integers_of is what a SEQUENCE in shortest form contains, which must be all there is; empty for anything else.
Bytes two_integers_of(ByteView sequence);

}  // namespace trustx::sim::der
