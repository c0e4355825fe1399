// SPDX-License-Identifier: Apache-2.0
#include "support/software_key.hpp"

#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace trustx::test {
namespace {

void require(int result) {
    if (result != 1) {
        throw std::runtime_error("libcrypto refused");
    }
}

PublicKey public_part(EVP_PKEY* key) {
    unsigned char* info = nullptr;
    const int length = i2d_PUBKEY(key, &info);
    const auto parsed = PublicKey::from_subject_public_key_info({info, static_cast<std::size_t>(length)});
    OPENSSL_free(info);
    return parsed.value();
}

// integer reads one INTEGER of ECDSA-Sig-Value through libcrypto, whose parser is not the library's.
Bytes integer(const BIGNUM* number) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    return bytes;
}

openssl::X509Name name_of(const std::string& text) {
    auto name = openssl::must<openssl::X509Name>(X509_NAME_new());
    require(X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0));
    return name;
}

void add_extension(X509* x509, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    require(X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

openssl::Pkey public_handle(const PublicKey& key) {
    const auto info = key.subject_public_key_info();
    const unsigned char* cursor = info.data();
    return openssl::must<openssl::Pkey>(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(info.size())));
}

Bytes issued(const SoftwareKey::Certificate& certificate, EVP_PKEY* subject, EVP_PKEY* signer) {
    const auto x509 = openssl::must<openssl::X509Certificate>(X509_new());
    require(X509_set_version(x509.get(), certificate.version));
    require(ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 0x1234));
    require(X509_set_subject_name(x509.get(), name_of(certificate.common_name).get()));
    require(X509_set_issuer_name(x509.get(), name_of(certificate.issuer_name).get()));
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), certificate.begins);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), certificate.ends);
    require(X509_set_pubkey(x509.get(), subject));
    for (const auto& [nid, value] : certificate.extensions) {
        add_extension(x509.get(), nid, value);
    }
    require(X509_sign(x509.get(), signer, EVP_sha256()) > 0 ? 1 : 0);
    unsigned char* der = nullptr;
    const int length = i2d_X509(x509.get(), &der);
    Bytes bytes(der, der + length);
    OPENSSL_free(der);
    return bytes;
}

}  // namespace

Bytes rsa_certificate(const std::string& common_name) {
    const auto key = openssl::must<openssl::Pkey>(EVP_RSA_gen(2048U));
    return issued({.subject = {}, .common_name = common_name, .issuer_name = common_name}, key.get(), key.get());
}

SoftwareKey::SoftwareKey(Curve curve)
    : key_{openssl::must<openssl::Pkey>(EVP_EC_gen(group_name(curve).data()))}, public_key_{public_part(key_.get())} {}

Signature SoftwareKey::sign(ByteView digest) const {
    const auto context = openssl::must<openssl::PkeyContext>(EVP_PKEY_CTX_new(key_.get(), nullptr));
    require(EVP_PKEY_sign_init(context.get()));
    std::size_t length = 0;
    require(EVP_PKEY_sign(context.get(), nullptr, &length, digest.data(), digest.size()));
    Bytes der(length);
    require(EVP_PKEY_sign(context.get(), der.data(), &length, digest.data(), digest.size()));
    const unsigned char* cursor = der.data();
    ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(length));
    Signature signature{.r = integer(ECDSA_SIG_get0_r(parsed)), .s = integer(ECDSA_SIG_get0_s(parsed))};
    ECDSA_SIG_free(parsed);
    return signature;
}

Bytes SoftwareKey::certificate(const std::string& common_name) const {
    return certificate_for(public_key_, common_name, common_name);
}

Bytes SoftwareKey::authority_certificate(const std::string& common_name) const {
    return issue({.subject = public_key_,
                  .common_name = common_name,
                  .issuer_name = common_name,
                  .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}}});
}

Bytes SoftwareKey::certificate_for(const PublicKey& subject, const std::string& common_name,
                                   const std::string& issuer_name, std::size_t padding) const {
    Certificate certificate{.subject = subject, .common_name = common_name, .issuer_name = issuer_name};
    if (padding > 0) {
        // An octet string of that many bytes.
        certificate.extensions.emplace_back(NID_subject_key_identifier, std::string(2 * padding, 'A'));
    }
    return issue(certificate);
}

Bytes SoftwareKey::issue(const Certificate& certificate) const {
    return issued(certificate, public_handle(certificate.subject).get(), key_.get());
}

std::string pem(const std::string& label, ByteView der) {
    const auto bio = openssl::must<openssl::Bio>(BIO_new(BIO_s_mem()));
    require(PEM_write_bio(bio.get(), label.c_str(), "", der.data(), static_cast<long>(der.size())) > 0 ? 1 : 0);
    char* text = nullptr;
    const auto length = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace trustx::test
