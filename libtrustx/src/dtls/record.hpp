// SPDX-License-Identifier: Apache-2.0
// The frame around everything that DTLS sends: type, version, epoch, number, length (RFC 6347 section 4.1). A datagram
// holds one record or several.
#pragma once

#include <trustx/bytes.hpp>

#include <cstdint>
#include <optional>

namespace trustx::dtls {

enum class ContentType : std::uint8_t {
    change_cipher_spec = 20,
    alert = 21,
    handshake = 22,
    application_data = 23,
};

inline constexpr std::size_t record_header_size = 13;
inline constexpr std::uint16_t version_1_2 = 0xFEFD;
inline constexpr std::uint16_t version_1_0 = 0xFEFF;

// Record is one record as received; both views point into the datagram.
struct Record {
    ContentType type;  // may be a number that has no name
    std::uint16_t version;
    std::uint16_t epoch;
    std::uint64_t number;
    ByteView whole;  // with the header
    ByteView body;
};

// take_record takes the first record off a datagram. Nothing where what is left is no record; then nothing is left.
std::optional<Record> take_record(ByteView& datagram);

// plain_record writes a record that is not protected, of epoch 0.
Bytes plain_record(ContentType type, std::uint64_t number, ByteView body);

}  // namespace trustx::dtls
