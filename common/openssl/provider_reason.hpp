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

// What the numbers stand for, as far as a program does something about it: n above these is trustx::Errc n, or code n
// of the chip.
inline constexpr int provider_reason_of_driver = 5100;
inline constexpr int provider_reason_of_chip = 5200;
inline constexpr int provider_reason_setting_invalid = 5004;
inline constexpr int provider_reason_key_file_malformed = 5006;
inline constexpr int provider_reason_usage_denied = 5015;
inline constexpr int provider_reason_signature_wrong = 5025;

// is_provider_error judges an error code as ERR_get_error gives it.
inline bool is_provider_error(unsigned long code) {
    const int reason = ERR_GET_REASON(code);
    return !ERR_SYSTEM_ERROR(code) && reason >= first_provider_reason && reason <= last_provider_reason;
}

}  // namespace trustx::openssl
