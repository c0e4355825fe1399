// SPDX-License-Identifier: Apache-2.0
// What calls of OpenSSL need beside the owners of common/openssl/handles.hpp.
#pragma once

#include "common/openssl/handles.hpp"

#include <openssl/params.h>

namespace trustx::provider {

// only_read is for arguments that OpenSSL only reads, although their type has no const: OSSL_PARAM and
// what it points to, OSSL_ITEM, and what is given to EVP_PKEY_fromdata, EVP_PKEY_set_params and EVP_PKEY_dup.
template <class T>
constexpr T* only_read(const T* argument) noexcept {
    return const_cast<T*>(argument);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace trustx::provider
