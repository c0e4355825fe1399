// SPDX-License-Identifier: Apache-2.0
// The little DER that trustx needs, strict in both directions (X.690 section 10): one-byte tags, definite and
// shortest lengths, shortest integers. libtrustx may run inside an application's own OpenSSL and therefore uses
// none itself (openssl-provider.md section 1.12).
#pragma once

#include "codec/byte_reader.hpp"

#include <trustx/bytes.hpp>

#include <cstdint>

namespace trustx::der {

inline constexpr std::uint8_t tag_integer = 0x02;
inline constexpr std::uint8_t tag_bit_string = 0x03;
inline constexpr std::uint8_t tag_octet_string = 0x04;
inline constexpr std::uint8_t tag_object_identifier = 0x06;
inline constexpr std::uint8_t tag_sequence = 0x30;

// context is the tag of an IMPLICIT primitive field: `[0]` is 80.
constexpr std::uint8_t context(unsigned number) {
    return static_cast<std::uint8_t>(0x80U | number);
}

// Reader takes elements one after the other. Like a ByteReader it stays failed, and done() is asked at the end; the
// content of a SEQUENCE is read by another Reader, whose done() is asked too.
class Reader {
 public:
    explicit Reader(ByteView der) : reader_{der} {}

    // content takes an element with this tag and gives what is inside.
    ByteView content(std::uint8_t tag);
    // element takes an element with this tag and gives all of it, tag and length included.
    ByteView element(std::uint8_t tag);
    // unsigned_integer takes an INTEGER that is not negative and gives its magnitude without leading zero bytes:
    // empty for 0.
    ByteView unsigned_integer();
    // fail marks everything read as unusable, for conditions that only the caller knows.
    void fail() { reader_.fail(); }
    // whole_bytes takes a BIT STRING without unused bits.
    ByteView whole_bytes();
    // next_tag looks at the tag of the next element without taking it; 0 at the end.
    [[nodiscard]] std::uint8_t next_tag() const { return reader_.left() == 0 ? std::uint8_t{0} : reader_.rest()[0]; }
    [[nodiscard]] bool failed() const { return reader_.failed(); }
    [[nodiscard]] bool done() const { return reader_.done(); }

 private:
    std::size_t length();

    ByteReader reader_;
};

// The writers append one element to out.
void append(Bytes& out, std::uint8_t tag, ByteView content);
void append_unsigned_integer(Bytes& out, ByteView magnitude);
void append_whole_bytes(Bytes& out, ByteView bytes);

}  // namespace trustx::der
