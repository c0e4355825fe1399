// SPDX-License-Identifier: Apache-2.0
// Owners for the OpenSSL objects that the provider uses in its private library context, and what its calls need.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

namespace trustx::provider {

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};

inline void free_openssl_memory(void* memory) noexcept {
    OPENSSL_free(memory);
}
inline void unload_provider(OSSL_PROVIDER* provider) noexcept {
    OSSL_PROVIDER_unload(provider);
}

template <class T, auto release>
using Owner = std::unique_ptr<T, Releaser<release>>;

using LibCtx = Owner<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using LoadedProvider = Owner<OSSL_PROVIDER, unload_provider>;
using EvpPkey = Owner<EVP_PKEY, EVP_PKEY_free>;
using EvpPkeyCtx = Owner<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EvpMd = Owner<EVP_MD, EVP_MD_free>;
using EvpMdCtx = Owner<EVP_MD_CTX, EVP_MD_CTX_free>;
using EncoderCtx = Owner<OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free>;
using EncodeCtx = Owner<EVP_ENCODE_CTX, EVP_ENCODE_CTX_free>;
using Params = Owner<OSSL_PARAM, OSSL_PARAM_free>;
using X509Owner = Owner<X509, X509_free>;
using Bignum = Owner<BIGNUM, BN_free>;
using X509NameOwner = Owner<X509_NAME, X509_NAME_free>;
using OpensslBytes = Owner<unsigned char, free_openssl_memory>;

// only_read is for arguments that OpenSSL only reads, although their type is older than that promise: OSSL_PARAM and
// what it points to, OSSL_ITEM, and what is given to EVP_PKEY_fromdata, EVP_PKEY_set_params and EVP_PKEY_dup.
template <class T>
constexpr T* only_read(const T* argument) noexcept {
    return const_cast<T*>(argument);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

// parse_certificate reads a DER certificate; nullptr when it is none. In the given context, because reading a
// certificate decodes its key, and in the application's context that could come back to us.
inline X509Owner parse_certificate(OSSL_LIB_CTX* libctx, std::span<const std::uint8_t> der) noexcept {
    X509Owner certificate(X509_new_ex(libctx, nullptr));
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
