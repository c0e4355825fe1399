// SPDX-License-Identifier: Apache-2.0
#include "common/x509/certificate.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/certificate.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/printable.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <array>
#include <climits>
#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace trustx::x509 {
namespace {

// Infineon's own certificates have no subject.
constexpr const char* empty_name = "(no name)";

std::string position(const std::string& name, std::size_t index) {
    return name + ", certificate " + std::to_string(index + 1);
}

Result<std::vector<Certificate>> parse_each(const std::vector<Bytes>& ders, const std::string& name) {
    std::vector<Certificate> certificates;
    for (std::size_t i = 0; i < ders.size(); ++i) {
        TRY(auto certificate, Certificate::parse(ders[i], ders.size() == 1 ? name : position(name, i)));
        certificates.push_back(std::move(certificate));
    }
    return certificates;
}

// pem_blocks collects the DER of every CERTIFICATE block.
std::vector<Bytes> pem_blocks(ByteView content) {
    const auto bio = openssl::reading(content);
    std::vector<Bytes> blocks;
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long length = 0;
    while (PEM_read_bio(bio.get(), &label, &header, &data, &length) == 1) {
        if (std::string_view{label} == PEM_STRING_X509 || std::string_view{label} == PEM_STRING_X509_OLD) {
            blocks.emplace_back(data, data + length);
        }
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    return blocks;
}

// The reader of PEM blocks stops at the end of the file and at damage alike; only its error tells them apart.
bool stopped_at_the_end() {
    const auto error = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

std::string name_text(const X509_NAME* name) {
    const auto bio = openssl::writing();
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    // OpenSSL escapes control characters of ASCII only.
    auto text = text::printable(openssl::written(bio.get()));
    return text.empty() ? empty_name : text;
}

std::string asn1_time_text(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) {
        ERR_clear_error();
        return "(unreadable)";
    }
    return text::time_text(broken_down);
}

Result<Certificate> Certificate::parse(ByteView der, const std::string& from) {
    ByteView following = der;
    auto x509 = openssl::take_certificate(following);
    ERR_clear_error();
    if (!x509) {
        return fail(InputErrc::malformed, from + ": not an X.509 certificate");
    }
    if (!following.empty()) {
        return fail(InputErrc::malformed, from + ": " + std::to_string(following.size()) +
                                              " byte(s) follow the certificate; for a chain use PEM");
    }
    return Certificate{Bytes(der.begin(), der.end()), std::move(x509), from};
}

std::string Certificate::pem() const {
    const auto bio = openssl::writing();
    PEM_write_bio_X509(bio.get(), x509_.get());
    return openssl::written(bio.get());
}

std::string Certificate::subject() const {
    return name_text(X509_get_subject_name(x509_.get()));
}

bool Certificate::has_subject() const {
    return X509_NAME_entry_count(X509_get_subject_name(x509_.get())) > 0;
}

std::string Certificate::issuer() const {
    return name_text(X509_get_issuer_name(x509_.get()));
}

std::string Certificate::serial() const {
    const auto bio = openssl::writing();
    i2a_ASN1_INTEGER(bio.get(), X509_get0_serialNumber(x509_.get()));
    return openssl::written(bio.get());
}

std::string Certificate::not_before() const {
    return asn1_time_text(X509_get0_notBefore(x509_.get()));
}

std::string Certificate::not_after() const {
    return asn1_time_text(X509_get0_notAfter(x509_.get()));
}

std::string Certificate::fingerprint() const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    X509_digest(x509_.get(), EVP_sha256(), digest.data(), &length);
    return to_hex(ByteView{digest}.first(length));
}

std::array<std::uint8_t, 32> Certificate::key_sha256() const {
    const auto info = openssl::subject_public_key_info(x509_.get());
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(info.data(), info.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return digest;
}

Result<PublicKey> Certificate::public_key() const {
    const auto info = openssl::subject_public_key_info(x509_.get());
    ERR_clear_error();
    auto key = PublicKey::from_subject_public_key_info(info);
    if (!key) {
        return fail(InputErrc::malformed, from_ + " (" + subject() +
                                              ") does not carry an uncompressed public key on P-256 or P-384, the only "
                                              "keys that this chip can use");
    }
    return std::move(*key);
}

Validity Certificate::validity(std::time_t now) const {
    return openssl::validity(x509_.get(), now);
}

bool Certificate::is_version_3() const {
    return X509_get_version(x509_.get()) == X509_VERSION_3;
}

bool Certificate::may_sign() const {
    const bool signs = (X509_get_key_usage(x509_.get()) & KU_DIGITAL_SIGNATURE) != 0;
    ERR_clear_error();
    return signs;
}

bool Certificate::is_authority() const {
    const bool authority = X509_check_ca(x509_.get()) > 0;
    ERR_clear_error();
    return authority;
}

bool Certificate::issued_by(const Certificate& other) const {
    const openssl::Pkey key{X509_get_pubkey(other.x509_.get())};
    const bool issued = key && X509_check_issued(other.x509_.get(), x509_.get()) == X509_V_OK &&
                        X509_verify(x509_.get(), key.get()) == 1;
    ERR_clear_error();
    return issued;
}

Result<std::vector<Certificate>> parse_certificate_file(ByteView content, const std::string& name) {
    content = openssl::without_byte_order_mark(content);
    if (content.empty()) {
        return fail(InputErrc::malformed, name + " is empty; a certificate in PEM or DER is needed");
    }
    if (!openssl::looks_like_pem(content)) {
        return parse_each({Bytes(content.begin(), content.end())}, name);
    }
    ERR_clear_error();
    const auto blocks = pem_blocks(content);
    if (!stopped_at_the_end()) {
        return fail(InputErrc::malformed,
                    name + ": damaged PEM after " + std::to_string(blocks.size()) + " complete certificate(s)");
    }
    if (blocks.empty()) {
        return fail(InputErrc::malformed, name + ": PEM, but no CERTIFICATE block in it");
    }
    return parse_each(blocks, name);
}

Result<std::vector<Certificate>> parse_stored_certificates(const CertificateObject& stored, ObjectId object) {
    auto certificates = parse_each(stored.certificates, "object " + object.hex());
    if (!certificates) {
        // Not a user's file: the chip holds something else than it should.
        return fail(InputErrc::check_failed, certificates.error().operation());
    }
    return certificates;
}

std::string summary(const Certificate& certificate, std::time_t now) {
    const auto name = certificate.has_subject() ? certificate.subject()
                                                : "a certificate without subject, issued by " + certificate.issuer();
    switch (certificate.validity(now)) {
        case Validity::not_yet:
            return name + ", not valid before " + certificate.not_before();
        case Validity::expired:
            return name + ", expired at " + certificate.not_after();
        case Validity::valid:
            break;
    }
    return name + ", valid until " + certificate.not_after();
}

}  // namespace trustx::x509
