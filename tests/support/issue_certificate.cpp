// SPDX-License-Identifier: Apache-2.0
#include "support/issue_certificate.hpp"

#include <stdexcept>

#include <openssl/x509v3.h>

namespace trustx::test {

openssl::X509Certificate issue_certificate(EVP_PKEY* subject_key, const char* subject, X509* issuer,
                                           EVP_PKEY* issuer_key) {
    openssl::X509Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
    // Since 4.0 the names in a certificate cannot be changed in place.
    const auto name = openssl::must<openssl::X509Name>(X509_NAME_new());
    X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject), -1, -1,
                               0);
    X509_set_subject_name(certificate.get(), name.get());
    X509_set_issuer_name(certificate.get(), issuer == nullptr ? name.get() : X509_get_subject_name(issuer));
    X509_set_pubkey(certificate.get(), subject_key);
    if (issuer == nullptr) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
        X509_add_ext(certificate.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }
    if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) <= 0) {
        throw std::runtime_error{"cannot sign a certificate"};
    }
    return certificate;
}

}  // namespace trustx::test
