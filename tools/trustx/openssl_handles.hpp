// SPDX-License-Identifier: Apache-2.0
// Owners of libcrypto objects. Where libcrypto can fail only for want of memory, must() says so.
#pragma once

#include <memory>
#include <new>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace trustx::cli {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};

using BioHandle = std::unique_ptr<BIO, Free<BIO_free_all>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
using EcGroup = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using EcPoint = std::unique_ptr<EC_POINT, Free<EC_POINT_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using X509Handle = std::unique_ptr<X509, Free<X509_free>>;

// must takes a new object from libcrypto.
template <class Handle>
Handle must(typename Handle::pointer object) {
    if (object == nullptr) {
        throw std::bad_alloc{};
    }
    return Handle{object};
}

}  // namespace trustx::cli
