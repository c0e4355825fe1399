// SPDX-License-Identifier: Apache-2.0
// The range of the trustx provider's reason numbers, by which a program finds the provider's errors among OpenSSL's.
// The library number does not serve: libcrypto assigns it when the provider is loaded, and has no function that returns
// it.
#pragma once

#include <openssl/err.h>

namespace trustx::openssl {

// Above all numbers of libcrypto and libssl; provider/src/reason.hpp lists them.
inline constexpr int first_provider_reason = 5001;
inline constexpr int last_provider_reason = 5455;

// is_provider_error judges an error code as ERR_get_error gives it.
inline bool is_provider_error(unsigned long code) {
    const int reason = ERR_GET_REASON(code);
    return !ERR_SYSTEM_ERROR(code) && reason >= first_provider_reason && reason <= last_provider_reason;
}

}  // namespace trustx::openssl
