// SPDX-License-Identifier: Apache-2.0
#include "dtls/message.hpp"

#include "codec/byte_reader.hpp"
#include "command/apdu.hpp"

#include <algorithm>

namespace trustx::dtls {
namespace {

void write_u24(ApduWriter& writer, std::size_t value) {
    writer.u8(static_cast<std::uint8_t>(value >> 16U));
    writer.u16(static_cast<std::uint16_t>(value));
}

}  // namespace

std::optional<Fragment> take_fragment(ByteView& body) {
    ByteReader reader{body};
    Fragment fragment{};
    fragment.type = static_cast<MessageType>(reader.u8());
    fragment.length = reader.u24();
    fragment.sequence = reader.u16();
    fragment.offset = reader.u24();
    fragment.bytes = reader.bytes(reader.u24());
    if (reader.failed() || fragment.offset + fragment.bytes.size() > fragment.length) {
        body = {};
        return std::nullopt;
    }
    body = reader.rest();
    return fragment;
}

void write_message_header(Bytes& out, const Fragment& fragment) {
    ApduWriter writer{out};
    writer.u8(static_cast<std::uint8_t>(fragment.type));
    write_u24(writer, fragment.length);
    writer.u16(fragment.sequence);
    write_u24(writer, fragment.offset);
    write_u24(writer, fragment.bytes.size());
}

std::vector<Bytes> fragments_of(ByteView message, std::size_t most) {
    auto rest = message;
    auto fragment = take_fragment(rest).value();
    const auto body = fragment.bytes;
    std::vector<Bytes> fragments;
    std::size_t offset = 0;
    do {
        fragment.offset = static_cast<std::uint32_t>(offset);
        fragment.bytes = body.subspan(offset, std::min(most, body.size() - offset));
        Bytes& bytes = fragments.emplace_back();
        bytes.reserve(message_header_size + fragment.bytes.size());
        write_message_header(bytes, fragment);
        bytes.insert(bytes.end(), fragment.bytes.begin(), fragment.bytes.end());
        offset += fragment.bytes.size();
    } while (offset < body.size());
    return fragments;
}

}  // namespace trustx::dtls
