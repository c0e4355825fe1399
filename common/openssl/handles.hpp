// SPDX-License-Identifier: Apache-2.0
// Owners of the objects of libcrypto. Types that only one file needs are written there: Handle<SSL, SSL_free>.
#pragma once

#include <memory>
#include <new>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

namespace trustx::openssl {

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const noexcept {
        static_cast<void>(release(object));
    }
};

template <class T, auto release>
using Handle = std::unique_ptr<T, Releaser<release>>;

// OPENSSL_free is a macro.
inline void free_memory(void* memory) noexcept {
    OPENSSL_free(memory);
}

using Bignum = Handle<BIGNUM, BN_free>;
using BignumContext = Handle<BN_CTX, BN_CTX_free>;
using Bio = Handle<BIO, BIO_free_all>;
using Digest = Handle<EVP_MD, EVP_MD_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcGroup = Handle<EC_GROUP, EC_GROUP_free>;
using EcPoint = Handle<EC_POINT, EC_POINT_free>;
using EcdsaSignature = Handle<ECDSA_SIG, ECDSA_SIG_free>;
using LibraryContext = Handle<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using Memory = Handle<unsigned char, free_memory>;
using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Provider = Handle<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
using X509Certificate = Handle<X509, X509_free>;
using X509Name = Handle<X509_NAME, X509_NAME_free>;

// must takes a new object from libcrypto, where that can fail only for want of memory: then it throws std::bad_alloc.
template <class Owner>
Owner must(typename Owner::pointer object) {
    if (object == nullptr) {
        throw std::bad_alloc{};
    }
    return Owner{object};
}

}  // namespace trustx::openssl
