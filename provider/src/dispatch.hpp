// SPDX-License-Identifier: Apache-2.0
// The only cast of function types in the provider: from a typed function to an entry of a dispatch table.
#pragma once

#include <openssl/core_dispatch.h>

// TRUSTX_ENTRY names an entry of an OSSL_DISPATCH table and checks the function against OpenSSL's own typedef, so
// that a wrong signature does not compile. A macro, because number and typedef are two forms of one name.
#define TRUSTX_ENTRY(NUMBER, type, function) \
    { NUMBER, reinterpret_cast<void (*)(void)>(static_cast<OSSL_FUNC_##type##_fn*>(function)) }

namespace trustx::provider {

inline constexpr OSSL_DISPATCH end_of_dispatch{0, nullptr};

}  // namespace trustx::provider
