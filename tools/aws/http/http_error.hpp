// SPDX-License-Identifier: Apache-2.0
// What keeps a request from its answer. An Error with one of these codes has host, cause and remedy in its operation();
// the code sorts it and adds no text.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::aws {

enum class HttpErrc {
    request_invalid = 1,  // an address or a header that cannot be sent
    // Nothing was sent.
    name_not_found = 2,        // DNS
    connect_failed = 3,        // TCP: refused, unreachable
    proxy_failed = 4,          // the proxy of the environment was not found or refused
    tls_failed = 5,            // the handshake ended; the words say why
    server_untrusted = 6,      // no chain to a trusted root
    server_name_mismatch = 7,  // a certificate for another name
    server_not_yet_valid = 8,  // by this computer's clock
    server_expired = 9,        // by this computer's clock
    ca_bundle_unusable = 10,   // the file of trusted certificates cannot be read
    identity_unusable = 11,    // certificate or key of the client cannot be read, or do not belong together
    connect_timeout = 12,      // no connection before the deadline
    // The request may have been received.
    timeout = 20,           // no complete answer before the deadline
    connection_lost = 21,   // closed before an answer began
    answer_truncated = 22,  // closed in the middle of an answer
    answer_too_long = 23,
    answer_malformed = 24,  // not HTTP, or not what was asked for
};

const std::error_category& http_category() noexcept;

inline std::error_code make_error_code(HttpErrc code) noexcept {
    return {static_cast<int>(code), http_category()};
}

// may_have_been_received says of an HttpErrc whether the server may have acted on the request.
bool may_have_been_received(const std::error_code& code) noexcept;

}  // namespace trustx::aws

template <>
struct std::is_error_code_enum<trustx::aws::HttpErrc> : std::true_type {};
