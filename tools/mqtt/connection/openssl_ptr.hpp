// SPDX-License-Identifier: Apache-2.0
// Owners for the OpenSSL objects that this program handles.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/x509.h>

namespace trustx::mqtt {

template <auto Free>
struct OpensslDelete {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using BioPtr = std::unique_ptr<BIO, OpensslDelete<BIO_free_all>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;
using OsslStorePtr = std::unique_ptr<OSSL_STORE_CTX, OpensslDelete<OSSL_STORE_close>>;
using OsslStoreInfoPtr = std::unique_ptr<OSSL_STORE_INFO, OpensslDelete<OSSL_STORE_INFO_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDelete<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDelete<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDelete<X509_free>>;

}  // namespace trustx::mqtt
