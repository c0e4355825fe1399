// SPDX-License-Identifier: Apache-2.0
#include "aws/authority/verification.hpp"

#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <openssl/pem.h>

namespace trustx::aws {
namespace {

using CertificateRequest = openssl::Handle<X509_REQ, X509_REQ_free>;

void must_do(bool done) {
    if (!done) {
        throw std::bad_alloc{};
    }
}

// Not one in the chip, whatever providers this process prefers.
openssl::Pkey passing_key() {
    const auto context =
        openssl::must<openssl::PkeyContext>(EVP_PKEY_CTX_new_from_name(nullptr, "EC", "provider!=trustx"));
    EVP_PKEY* key = nullptr;
    must_do(EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_CTX_set_group_name(context.get(), "P-256") == 1 &&
            EVP_PKEY_generate(context.get(), &key) == 1);
    return openssl::Pkey{key};
}

std::string request_named(const std::string& common_name) {
    const auto key = passing_key();
    const auto request = openssl::must<CertificateRequest>(X509_REQ_new());
    const auto subject = openssl::must<openssl::X509Name>(X509_NAME_new());
    const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
    must_do(X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8, text, static_cast<int>(common_name.size()),
                                       -1, 0) == 1 &&
            X509_REQ_set_subject_name(request.get(), subject.get()) == 1 &&
            X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
            X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0);
    const auto pem = openssl::writing();
    must_do(PEM_write_bio_X509_REQ(pem.get(), request.get()) == 1);
    return openssl::written(pem.get());
}

}  // namespace

Result<std::string> verification_certificate(pki::Issuer& authority, const std::string& registration_code) {
    TRY(const auto chain, authority.issue(request_named(registration_code)));
    TRY(const auto certificates, x509::parse_certificate_file(text::as_bytes(chain), "the verification certificate"));
    return certificates.front().pem();
}

}  // namespace trustx::aws
