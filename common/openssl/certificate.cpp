// SPDX-License-Identifier: Apache-2.0
#include "common/openssl/certificate.hpp"

#include <openssl/err.h>

namespace trustx::openssl {

X509Certificate take_certificate(std::span<const std::uint8_t>& der, OSSL_LIB_CTX* libctx) {
    auto certificate = must<X509Certificate>(X509_new_ex(libctx, nullptr));
    const unsigned char* at = der.data();
    X509* parsed = certificate.get();
    if (d2i_X509(&parsed, &at, static_cast<long>(der.size())) == nullptr) {
        // d2i frees what it was given when it fails.
        static_cast<void>(certificate.release());
        return nullptr;
    }
    der = der.subspan(static_cast<std::size_t>(at - der.data()));
    return certificate;
}

std::vector<std::uint8_t> subject_public_key_info(const X509* certificate) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    const Memory owner{encoded};
    return size > 0 ? std::vector<std::uint8_t>(encoded, encoded + size) : std::vector<std::uint8_t>{};
}

Validity validity(const X509* certificate, std::time_t now) {
    // -1: before that moment, 0: at it, 1: after it, -2: unreadable.
    const int begin = ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate), now);
    const int end = ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), now);
    ERR_clear_error();
    if (begin == -2 || end <= 0) {
        return Validity::expired;
    }
    return begin <= 0 ? Validity::valid : Validity::not_yet;
}

}  // namespace trustx::openssl
