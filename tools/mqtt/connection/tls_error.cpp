// SPDX-License-Identifier: Apache-2.0
#include "connection/tls_error.hpp"

#include "common/openssl/provider_reason.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace trustx::mqtt {

std::optional<int> alert_of(const openssl::QueuedError& error) {
    // libssl raises these reasons for alerts that it reads, never for those that it sends.
    const int number = error.reason_number() - SSL_AD_REASON_OFFSET;
    const bool is_alert = error.library_number() == ERR_LIB_SSL && number >= 0 && number <= 255;
    return is_alert ? std::optional{number} : std::nullopt;
}

const openssl::QueuedError* find_provider_error(const std::vector<openssl::QueuedError>& errors) {
    const auto found = std::ranges::find_if(errors, openssl::is_provider_error, &openssl::QueuedError::code);
    return found == errors.end() ? nullptr : &*found;
}

}  // namespace trustx::mqtt
