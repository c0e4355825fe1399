// SPDX-License-Identifier: Apache-2.0
// X.509 certificates as files and as the chip holds them: reading, checking and describing. Source:
// chip-objects.md section 7.
#pragma once

#include "common/openssl/certificate.hpp"
#include "common/openssl/handles.hpp"

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/objects.hpp>
#include <trustx/result.hpp>

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace trustx::x509 {

using openssl::Validity;

// Certificate is one parsed X.509 certificate.
class Certificate {
 public:
    // parse reads DER; nothing may follow it. `from` names its origin in the message.
    static Result<Certificate> parse(ByteView der, const std::string& from);

    [[nodiscard]] const Bytes& der() const { return der_; }
    [[nodiscard]] std::string pem() const;

    // subject and issuer in the form of RFC 2253 in UTF-8: "CN=gateway,O=Example". "(no name)" for an
    // empty name.
    [[nodiscard]] std::string subject() const;
    [[nodiscard]] bool has_subject() const;
    [[nodiscard]] std::string issuer() const;
    [[nodiscard]] std::string serial() const;      // hexadecimal
    [[nodiscard]] std::string not_before() const;  // 2024-05-26T05:55:24Z
    [[nodiscard]] std::string not_after() const;
    // validity judges by both dates. A date that cannot be read is past.
    [[nodiscard]] Validity validity(std::time_t now) const;
    [[nodiscard]] std::string fingerprint() const;  // SHA-256 of the DER, hexadecimal

    [[nodiscard]] std::array<std::uint8_t, 32> key_sha256() const;  // SHA-256 of the SubjectPublicKeyInfo

    // public_key is the key on P-256 or P-384; an Error for every other kind, which this chip cannot use.
    [[nodiscard]] Result<PublicKey> public_key() const;

    // is_version_3 is false for versions 1 and 2, which have no extensions.
    [[nodiscard]] bool is_version_3() const;
    // is_authority says whether the certificate may issue others.
    [[nodiscard]] bool is_authority() const;
    // may_sign says whether its key signs messages: the key usage has digitalSignature, or there is none.
    [[nodiscard]] bool may_sign() const;
    [[nodiscard]] bool is_self_signed() const { return issued_by(*this); }
    [[nodiscard]] X509* handle() const { return x509_.get(); }

    // issued_by says whether the other certificate's name and key signed this one.
    [[nodiscard]] bool issued_by(const Certificate& other) const;

 private:
    explicit Certificate(Bytes der, openssl::X509Certificate x509, std::string from)
        : der_{std::move(der)}, x509_{std::move(x509)}, from_{std::move(from)} {}

    Bytes der_;
    openssl::X509Certificate x509_;
    std::string from_;
};

// name_text is a name in that form; asn1_time_text a time as not_before gives it, "(unreadable)" for a damaged one.
std::string name_text(const X509_NAME* name);
std::string asn1_time_text(const ASN1_TIME* time);

// parse_certificate_file reads PEM with one certificate or a chain, or DER with one. Other PEM blocks are skipped.
Result<std::vector<Certificate>> parse_certificate_file(ByteView content, const std::string& name);

// parse_stored_certificates parses what a certificate object holds; an empty object gives none.
Result<std::vector<Certificate>> parse_stored_certificates(const CertificateObject& stored, ObjectId object);

// summary is for people: "CN=gateway, valid until 2034-01-01T00:00:00Z", or "expired at", or "not valid before".
std::string summary(const Certificate& certificate, std::time_t now = std::time(nullptr));

}  // namespace trustx::x509
