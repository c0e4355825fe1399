// SPDX-License-Identifier: Apache-2.0
// What calls of OpenSSL need beside the owners of common/openssl/handles.hpp.
#pragma once

#include "common/openssl/handles.hpp"

#include <cstdint>
#include <span>

#include <openssl/params.h>
#include <openssl/x509.h>

namespace trustx::provider {

// only_read is for arguments that OpenSSL only reads, although their type is older than that promise: OSSL_PARAM and
// what it points to, OSSL_ITEM, and what is given to EVP_PKEY_fromdata, EVP_PKEY_set_params and EVP_PKEY_dup.
template <class T>
constexpr T* only_read(const T* argument) noexcept {
    return const_cast<T*>(argument);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

// parse_certificate reads a DER certificate; nullptr when it is none. In the given context, because reading a
// certificate decodes its key, and in the application's context that could come back to us.
inline openssl::X509Certificate parse_certificate(OSSL_LIB_CTX* libctx, std::span<const std::uint8_t> der) noexcept {
    openssl::X509Certificate certificate(X509_new_ex(libctx, nullptr));
    const unsigned char* at = der.data();
    X509* parsed = certificate.get();
    if (parsed == nullptr || d2i_X509(&parsed, &at, static_cast<long>(der.size())) == nullptr) {
        // d2i frees what it was given when it fails.
        static_cast<void>(certificate.release());
        return nullptr;
    }
    return certificate;
}

}  // namespace trustx::provider
