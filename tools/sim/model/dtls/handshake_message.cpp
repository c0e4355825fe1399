// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/handshake_message.hpp"

namespace trustx::sim::dtls {

Bytes fragment(const Message& message, std::size_t offset, std::size_t size) {
    Bytes bytes{static_cast<std::uint8_t>(message.type)};
    append_u24(bytes, message.body.size());
    append_u16(bytes, message.number);
    append_u24(bytes, offset);
    append_u24(bytes, size);
    append(bytes, ByteView(message.body).subspan(offset, size));
    return bytes;
}

Bytes encode(const Message& message) {
    return fragment(message, 0, message.body.size());
}

Outcome<Message> decode(MessageType type, ByteView bytes) {
    ByteReader reader{bytes};
    const auto actual_type = static_cast<MessageType>(reader.u8());
    const std::size_t length = read_u24(reader);
    const std::uint16_t number = reader.u16();
    const std::size_t offset = read_u24(reader);
    const std::size_t fragment_length = read_u24(reader);
    const ByteView body = reader.rest();
    if (reader.failed() || actual_type != type || offset != 0 || fragment_length != length || body.size() != length) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    return Message{type, number, to_bytes(body)};
}

void append_u24(Bytes& bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 16U & 0xFFU));
    append_u16(bytes, value);
}

std::size_t read_u24(ByteReader& reader) {
    const std::size_t high = reader.u8();
    return high << 16U | reader.u16();
}

}  // namespace trustx::sim::dtls
