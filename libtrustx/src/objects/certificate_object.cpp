// SPDX-License-Identifier: Apache-2.0
// The three forms of a certificate object (chip-objects.md section 7).
#include "codec/byte_reader.hpp"
#include "codec/der.hpp"

#include <trustx/objects.hpp>

#include <algorithm>

namespace trustx {
namespace {

constexpr std::uint8_t tag_tls_identity = 0xC0;
constexpr std::uint8_t tag_usb_type_c_identity = 0xC2;

// The header of a USB Type-C certificate chain (USB Type-C Authentication Specification section 3.2): length,
// reserved, hash of the root.
constexpr std::size_t usb_root_hash_size = 32;

// What a 16-bit length can announce, minus the list's own 24-bit length.
constexpr std::size_t max_list = 0xFFFF - 3;

bool all_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

tl::unexpected<Error> malformed(ByteView content) {
    return fail(Errc::certificate_malformed, "certificate object of " + std::to_string(content.size()) +
                                                 " bytes that starts with " +
                                                 to_hex(content.first(std::min<std::size_t>(content.size(), 9))));
}

// One certificate is one SEQUENCE; OpenSSL parses what is inside.
bool is_certificate(ByteView bytes) {
    der::Reader reader{bytes};
    reader.content(der::tag_sequence);
    return reader.done();
}

bool add(std::vector<Bytes>& certificates, ByteView certificate) {
    certificates.emplace_back(certificate.begin(), certificate.end());
    return is_certificate(certificate);
}

bool parse_tls_identity(ByteView identity, std::vector<Bytes>& certificates) {
    ByteReader outer{identity};
    ByteReader list{outer.bytes(outer.u24())};
    bool good = outer.done();
    while (good && list.left() > 0) {
        const ByteView certificate = list.bytes(list.u24());
        good = !list.failed() && add(certificates, certificate);
    }
    return good && !certificates.empty();
}

// The chain is stored from root to leaf, so it is reversed here. Its length is little-endian.
bool parse_usb_type_c(ByteView identity, std::vector<Bytes>& certificates) {
    ByteReader reader{identity};
    const std::uint8_t low = reader.u8();
    const std::size_t length = static_cast<std::size_t>(reader.u8()) << 8 | low;
    reader.u16();  // reserved
    reader.bytes(usb_root_hash_size);
    if (reader.failed() || length != identity.size()) {
        return false;
    }
    der::Reader chain{reader.rest()};
    while (!chain.failed() && !chain.done()) {
        const ByteView certificate = chain.element(der::tag_sequence);
        certificates.emplace(certificates.begin(), certificate.begin(), certificate.end());
    }
    return chain.done() && !certificates.empty();
}

// take_identity takes the part behind a tag with a 16-bit length; the rest of the object is unused.
ByteView take_identity(ByteReader& reader) {
    reader.u8();
    return reader.bytes(reader.u16());
}

bool parse_form(ByteView content, CertificateObject& object) {
    if (content.front() == der::tag_sequence) {
        object.form = CertificateForm::der;
        der::Reader reader{content};
        const ByteView certificate = reader.element(der::tag_sequence);
        return !reader.failed() && add(object.certificates, certificate) &&
               all_zero(content.subspan(certificate.size()));
    }
    ByteReader reader{content};
    const ByteView identity = take_identity(reader);
    if (reader.failed() || !all_zero(reader.rest())) {
        return false;
    }
    switch (content.front()) {
        case tag_tls_identity:
            object.form = CertificateForm::tls_identity;
            return parse_tls_identity(identity, object.certificates);
        case tag_usb_type_c_identity:
            object.form = CertificateForm::usb_type_c;
            return parse_usb_type_c(identity, object.certificates);
        default:
            return false;
    }
}

void append_u16(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

void append_u24(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 16));
    append_u16(out, value);
}

Result<Bytes> encode_tls_identity(const std::vector<Bytes>& certificates) {
    Bytes list;
    for (const Bytes& certificate : certificates) {
        if (certificate.size() > max_list - list.size()) {
            return fail(Errc::argument_invalid, "certificates of more than 64 KiB");
        }
        append_u24(list, certificate.size());
        list.insert(list.end(), certificate.begin(), certificate.end());
    }
    if (list.size() > max_list) {
        return fail(Errc::argument_invalid, "certificates of more than 64 KiB");
    }
    Bytes content{tag_tls_identity};
    append_u16(content, list.size() + 3);
    append_u24(content, list.size());
    content.insert(content.end(), list.begin(), list.end());
    return content;
}

}  // namespace

// Unused objects are zero-filled at the factory (section 1.5), and a plain write over them leaves zeros behind the
// certificate: both are accepted.
Result<CertificateObject> parse_certificate_object(ByteView content) {
    CertificateObject object;
    if (all_zero(content)) {
        return object;
    }
    if (!parse_form(content, object)) {
        return malformed(content);
    }
    return object;
}

CertificateObject certificate_object(std::vector<Bytes> certificates) {
    const auto form = certificates.size() == 1 ? CertificateForm::der : CertificateForm::tls_identity;
    return {form, std::move(certificates)};
}

Result<Bytes> encode_certificate_object(const CertificateObject& object) {
    if (object.certificates.empty() || !std::ranges::all_of(object.certificates, is_certificate)) {
        return fail(Errc::argument_invalid, "certificate object: no certificate, or one that is not DER");
    }
    switch (object.form) {
        case CertificateForm::der:
            if (object.certificates.size() != 1) {
                return fail(Errc::argument_invalid, "certificate object: the DER form holds exactly one certificate");
            }
            return object.certificates.front();
        case CertificateForm::tls_identity:
            return encode_tls_identity(object.certificates);
        case CertificateForm::usb_type_c:
            break;
    }
    return fail(Errc::argument_invalid, "certificate object: the USB Type-C form is only read");
}

}  // namespace trustx
