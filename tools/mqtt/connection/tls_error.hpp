// SPDX-License-Identifier: Apache-2.0
// Which of OpenSSL's errors explain why a TLS connection failed.
#pragma once

#include "common/openssl/error_queue.hpp"

#include <optional>
#include <vector>

namespace trustx::mqtt {

// alert_of is the number of the TLS alert (RFC 8446 section 6) that the peer sent; nothing for another error.
std::optional<int> alert_of(const openssl::QueuedError& error);

// find_provider_error picks the entry that the chip's provider raised; it says more than what OpenSSL made of it.
// Nothing if there is none.
const openssl::QueuedError* find_provider_error(const std::vector<openssl::QueuedError>& errors);

}  // namespace trustx::mqtt
