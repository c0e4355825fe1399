// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/certificate_list.hpp"

#include "common/try.hpp"
#include "model/dtls/handshake_message.hpp"

#include <algorithm>

namespace trustx::sim::dtls {

namespace {

constexpr std::uint8_t form_bare = 0x30;
constexpr std::uint8_t form_tls_identity = 0xC0;
constexpr std::uint8_t form_usb_identity = 0xC2;
constexpr std::size_t usb_root_hash_size = 32;

tl::unexpected<ErrorCode> bad_object() {
    return fail(ErrorCode::invalid_certificate_format);
}

// der_size is the size of the SEQUENCE that a view begins with; 0 when it is none, or is not there entirely.
std::size_t der_size(ByteView bytes) {
    ByteReader reader{bytes};
    const bool sequence = reader.u8() == form_bare;
    std::size_t length = reader.u8();
    if (length > 0x80 && length <= 0x82) {
        const std::size_t count = length - 0x80;
        length = count == 1 ? reader.u8() : reader.u16();
    } else if (length >= 0x80) {
        return 0;
    }
    reader.take(length);
    return sequence && !reader.failed() ? bytes.size() - reader.left() : 0;
}

// The chain of USB Type-C authentication: its size, which is little-endian, a reserved field, the hash of the root, and
// certificates one behind the other, each of which signed the next.
Outcome<std::vector<ByteView>> decode_usb_chain(ByteView chain) {
    ByteReader reader{chain};
    const std::size_t low = reader.u8();
    const std::size_t size = low | static_cast<std::size_t>(reader.u8()) << 8U;
    reader.u16();
    reader.take(usb_root_hash_size);
    if (reader.failed() || size != chain.size()) {
        return bad_object();
    }
    std::vector<ByteView> certificates;
    for (ByteView rest = reader.rest(); !rest.empty();) {
        const std::size_t next = der_size(rest);
        if (next == 0) {
            return bad_object();
        }
        certificates.push_back(rest.first(next));
        rest = rest.subspan(next);
    }
    std::reverse(certificates.begin(), certificates.end());
    return certificates;
}

Outcome<std::vector<ByteView>> certificates_of_object(ByteView content) {
    ByteReader reader{content};
    const std::uint8_t form = reader.u8();
    if (form == form_bare) {
        // Zeros may follow: what is written to an object from the factory does not shorten it.
        const std::size_t size = der_size(content);
        return size == 0 ? std::vector<ByteView>{} : std::vector<ByteView>{content.first(size)};
    }
    const std::size_t length = reader.u16();
    const ByteView identity = reader.take(length);
    if (reader.failed()) {
        return bad_object();
    }
    switch (form) {
        case form_tls_identity:
            return decode_list(identity);
        case form_usb_identity:
            return decode_usb_chain(identity);
        default:
            return bad_object();
    }
}

}  // namespace

Outcome<std::vector<ByteView>> decode_list(ByteView body) {
    ByteReader reader{body};
    if (read_u24(reader) != reader.left()) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    std::vector<ByteView> certificates;
    while (reader.left() > 0 && !reader.failed()) {
        certificates.push_back(reader.take(read_u24(reader)));
    }
    if (reader.failed()) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    return certificates;
}

Bytes encode_list(const std::vector<ByteView>& certificates) {
    Bytes entries;
    for (const auto& certificate : certificates) {
        append_u24(entries, certificate.size());
        append(entries, certificate);
    }
    Bytes body;
    append_u24(body, entries.size());
    append(body, entries);
    return body;
}

Outcome<Bytes> list_of_object(ByteView content, const Crypto& crypto, const Decisions& decisions) {
    auto certificates = certificates_of_object(content);
    if (!certificates || certificates->empty() || !crypto.certificate_key(certificates->front())) {
        return bad_object();
    }
    if (!decisions.sends_whole_chain) {
        certificates->resize(1);
    }
    return encode_list(*certificates);
}

}  // namespace trustx::sim::dtls
