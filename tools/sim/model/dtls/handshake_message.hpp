// SPDX-License-Identifier: Apache-2.0
// Handshake messages with the header of DTLS, 12 bytes (RFC 6347 section 4.2.2).
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/result.hpp"

namespace trustx::sim::dtls {

enum class MessageType : std::uint8_t {
    client_hello = 0x01,
    server_hello = 0x02,
    hello_verify_request = 0x03,
    certificate = 0x0B,
    server_key_exchange = 0x0C,
    certificate_request = 0x0D,
    server_hello_done = 0x0E,
    certificate_verify = 0x0F,
    client_key_exchange = 0x10,
    finished = 0x14,
};

constexpr std::size_t message_header_size = 12;
constexpr std::size_t random_size = 32;

struct Message {
    MessageType type;
    std::uint16_t number;  // message_seq
    Bytes body;
};

// encode writes it in one piece, as it enters the transcript.
Bytes encode(const Message& message);

// fragment is a part of the body behind a header of its own.
Bytes fragment(const Message& message, std::size_t offset, std::size_t size);

// decode takes a message in one piece that is of a type and nothing else; error 21.
Outcome<Message> decode(MessageType type, ByteView bytes);

void append_u24(Bytes& bytes, std::size_t value);
std::size_t read_u24(ByteReader& reader);

}  // namespace trustx::sim::dtls
