// SPDX-License-Identifier: Apache-2.0
// Handshake messages and their fragments (RFC 6347 section 4.2.2). A whole message is what the chip makes and takes: a
// header of 12 bytes with fragment offset 0, and the body.
#pragma once

#include <trustx/bytes.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace trustx::dtls {

enum class MessageType : std::uint8_t {
    hello_request = 0x00,
    server_hello = 0x02,
    hello_verify_request = 0x03,
    certificate = 0x0B,
    server_key_exchange = 0x0C,
    certificate_request = 0x0D,
    server_hello_done = 0x0E,
    finished = 0x14,
};

inline constexpr std::size_t message_header_size = 12;

// Fragment is a part of a message, as received or as the chip hands it out.
struct Fragment {
    MessageType type;      // may be a number that has no name
    std::uint32_t length;  // of the whole body
    std::uint16_t sequence;
    std::uint32_t offset;
    ByteView bytes;

    [[nodiscard]] bool is_whole() const noexcept { return offset == 0 && bytes.size() == length; }
};

// take_fragment takes the first fragment off a record's body. Nothing where what is left is none, or one that reaches
// beyond its message; then nothing is left.
std::optional<Fragment> take_fragment(ByteView& body);

// write_message_header writes the header of a fragment.
void write_message_header(Bytes& out, const Fragment& fragment);

// fragments_of cuts a whole message into fragments with at most so many bytes of its body each, at least one.
std::vector<Bytes> fragments_of(ByteView message, std::size_t most);

}  // namespace trustx::dtls
