// SPDX-License-Identifier: Apache-2.0
#include "dtls/record.hpp"

#include "codec/byte_reader.hpp"
#include "command/apdu.hpp"

namespace trustx::dtls {

std::optional<Record> take_record(ByteView& datagram) {
    ByteReader reader{datagram};
    Record record{};
    record.type = static_cast<ContentType>(reader.u8());
    record.version = reader.u16();
    record.epoch = reader.u16();
    record.number = std::uint64_t{reader.u24()} << 24U;
    record.number |= reader.u24();
    record.body = reader.bytes(reader.u16());
    if (reader.failed()) {
        datagram = {};
        return std::nullopt;
    }
    record.whole = datagram.first(record_header_size + record.body.size());
    datagram = reader.rest();
    return record;
}

Bytes plain_record(ContentType type, std::uint64_t number, ByteView body) {
    constexpr std::uint16_t epoch = 0;
    Bytes bytes;
    bytes.reserve(record_header_size + body.size());
    ApduWriter writer{bytes};
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u16(version_1_2);
    writer.u16(epoch);
    writer.u16(static_cast<std::uint16_t>(number >> 32U));
    writer.u16(static_cast<std::uint16_t>(number >> 16U));
    writer.u16(static_cast<std::uint16_t>(number));
    writer.u16(static_cast<std::uint16_t>(body.size()));
    writer.bytes(body);
    return bytes;
}

}  // namespace trustx::dtls
