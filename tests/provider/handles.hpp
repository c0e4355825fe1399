// SPDX-License-Identifier: Apache-2.0
// Owners of OpenSSL objects for tests, and the error queue as text.
#pragma once

#include "common/openssl/handles.hpp"
#include "reason.hpp"

#include <string>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/x509.h>

namespace trustx::test {

using openssl::Handle;
using provider::Reason;

inline void free_info(OSSL_STORE_INFO* info) {
    OSSL_STORE_INFO_free(info);
}
inline int close_store(OSSL_STORE_CTX* store) {
    return OSSL_STORE_close(store);
}

using LibCtx = Handle<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using PkeyCtx = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdCtx = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Rand = Handle<EVP_RAND, EVP_RAND_free>;
using RandCtx = Handle<EVP_RAND_CTX, EVP_RAND_CTX_free>;
using Bio = Handle<BIO, BIO_free_all>;
using Certificate = Handle<X509, X509_free>;
using Store = Handle<OSSL_STORE_CTX, close_store>;
using StoreInfo = Handle<OSSL_STORE_INFO, free_info>;

// take_errors empties the error queue: one line per entry, oldest first, "library: reason: data".
std::vector<std::string> take_errors();

// take_reasons empties the error queue as well, and gives the reasons of the provider's own entries.
std::vector<provider::Reason> take_reasons();

// joined puts lines together, for INFO and for matching.
std::string joined(const std::vector<std::string>& lines);

}  // namespace trustx::test
