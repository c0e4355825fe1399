// SPDX-License-Identifier: Apache-2.0
// The commands of the chip's DTLS client: SetAuthScheme for it, ProcUpLinkMsg, ProcDownLinkMsg. Source: chip-dtls.md
// sections 2 to 5.
#include "codec/byte_reader.hpp"
#include "command/apdu.hpp"
#include "common/try.hpp"

#include <trustx/commands.hpp>

#include <algorithm>
#include <array>

namespace trustx {
namespace {

constexpr std::uint8_t dtls_tag_unix_time = 0x31;
constexpr std::uint8_t dtls_tag_certificate = 0x32;
constexpr std::uint8_t dtls_tag_plain = 0x61;   // a handshake message, or a record that is not protected
constexpr std::uint8_t dtls_tag_cipher = 0x51;  // a protected record
constexpr std::uint8_t kind_bits = 0xF0;
constexpr std::uint8_t sequence_bits = 0x0F;
constexpr std::uint8_t single_or_last = 1;
constexpr std::uint16_t dtls_1_2 = 0xFEFD;

Result<void> write_session(ApduWriter& apdu, ObjectId session) {
    if (session < object::session_1 || session > object::session_4) {
        return fail(Errc::argument_invalid, session.hex() + " is not a session object");
    }
    apdu.u16(session.value);
    return {};
}

void write_u48(ApduWriter& apdu, std::uint64_t value) {
    for (int shift = 40; shift >= 0; shift -= 8) {
        apdu.u8(static_cast<std::uint8_t>(value >> shift));
    }
}

Result<HandshakePart> decode_part(ByteView data) {
    ByteReader reader{data};
    const auto tag = reader.u8();
    const auto length = reader.u16();
    const auto bytes = reader.bytes(length);
    if (!reader.done() || (tag & kind_bits) != (dtls_tag_plain & kind_bits) ||
        bytes.size() < PutHandshakeMessage::header_size) {
        return fail(Errc::response_malformed, "handshake message of " + std::to_string(data.size()) + " bytes");
    }
    return HandshakePart{.last = (tag & sequence_bits) == single_or_last, .bytes = {bytes.begin(), bytes.end()}};
}

// What the record is about must be what was asked for: type, version, epoch and number (the first 11 bytes), and a
// length that is what follows.
Result<ByteView> decode_record(ByteView data, std::uint8_t tag, ByteView expected_start, std::size_t expected_length) {
    ByteReader reader{data};
    reader.expect(tag);
    const auto record = reader.bytes(reader.u16());
    ByteReader header{record};
    const auto start = header.bytes(expected_start.size());
    const auto length = header.u16();
    if (!reader.done() || header.failed() || length != header.left() || length != expected_length ||
        !std::ranges::equal(start, expected_start)) {
        return fail(Errc::response_malformed, "record of " + std::to_string(data.size()) + " bytes");
    }
    return record;
}

}  // namespace

Result<void> StartDtlsClient::encode(ApduWriter& apdu) const {
    apdu.u16(key.value);
    return write_session(apdu, session);
}

Result<void> GetHandshakeMessage::encode(ApduWriter& apdu) const {
    TRYV(write_session(apdu, session));
    if (unix_time && message == Message::client_hello) {
        const auto seconds = *unix_time;
        const std::array<std::uint8_t, 4> bytes{
            static_cast<std::uint8_t>(seconds >> 24), static_cast<std::uint8_t>(seconds >> 16),
            static_cast<std::uint8_t>(seconds >> 8), static_cast<std::uint8_t>(seconds)};
        apdu.tlv(dtls_tag_unix_time, bytes);
    }
    if (certificate && message == Message::certificate) {
        apdu.tlv_u16(dtls_tag_certificate, certificate->value);
    }
    return {};
}

Result<HandshakePart> GetHandshakeMessage::decode(ByteView data) {
    return decode_part(data);
}

Result<void> GetCertificateVerify::encode(ApduWriter& apdu) const {
    return write_session(apdu, session);
}

Result<HandshakePart> GetCertificateVerify::decode(ByteView data) {
    return decode_part(data);
}

Result<void> PutHandshakeMessage::encode(ApduWriter& apdu) const {
    if (message.size() < header_size || message.size() > header_size + max_body) {
        return fail(Errc::argument_invalid, "handshake message of " + std::to_string(message.size()) +
                                                " bytes, the chip takes " + std::to_string(header_size) + " to " +
                                                std::to_string(header_size + max_body));
    }
    TRYV(write_session(apdu, session));
    apdu.tlv(dtls_tag_plain, message);
    return {};
}

Result<void> EncryptRecord::encode(ApduWriter& apdu) const {
    if (payload.size() > max_payload || number > max_number) {
        return fail(Errc::argument_invalid, "record " + std::to_string(number) + " of " +
                                                std::to_string(payload.size()) + " bytes, the chip takes up to " +
                                                std::to_string(max_payload));
    }
    TRYV(write_session(apdu, session));
    apdu.u8(dtls_tag_plain);
    apdu.u16(static_cast<std::uint16_t>(DecryptRecord::header_size + payload.size()));
    apdu.u8(type);
    apdu.u16(dtls_1_2);
    apdu.u16(epoch);
    write_u48(apdu, number);
    apdu.u16(static_cast<std::uint16_t>(payload.size()));
    apdu.bytes(payload);
    return {};
}

Result<Bytes> EncryptRecord::decode(ByteView data) const {
    Bytes start;
    ApduWriter writer{start};
    writer.u8(type);
    writer.u16(dtls_1_2);
    writer.u16(epoch);
    write_u48(writer, number);
    TRY(const auto record, decode_record(data, dtls_tag_cipher, start, payload.size() + DecryptRecord::expansion));
    return Bytes{record.begin(), record.end()};
}

Result<void> DecryptRecord::encode(ApduWriter& apdu) const {
    if (record.size() < header_size + expansion || record.size() > max_record) {
        return fail(Errc::argument_invalid, "record of " + std::to_string(record.size()) + " bytes, the chip takes " +
                                                std::to_string(header_size + expansion) + " to " +
                                                std::to_string(max_record));
    }
    TRYV(write_session(apdu, session));
    apdu.tlv(dtls_tag_cipher, record);
    return {};
}

Result<Bytes> DecryptRecord::decode(ByteView data) const {
    constexpr std::size_t length_size = 2;
    const auto start = ByteView{record}.first(header_size - length_size);
    TRY(const auto plain, decode_record(data, dtls_tag_plain, start, record.size() - header_size - expansion));
    const auto payload = plain.subspan(header_size);
    return Bytes{payload.begin(), payload.end()};
}

Result<void> CloseSession::encode(ApduWriter& apdu) const {
    return write_session(apdu, session);
}

}  // namespace trustx
