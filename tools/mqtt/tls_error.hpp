// SPDX-License-Identifier: Apache-2.0
// One entry of OpenSSL's error queue, read either from the queue of this thread or from a line that Paho printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

struct TlsError {
    std::string library;  // "SSL routines"; for errors of the chip's provider its name
    std::string reason;   // "certificate verify failed"
    std::string data;     // what the raiser added; often empty

    friend bool operator==(const TlsError&, const TlsError&) = default;
};

// to_string is "reason: data".
std::string to_string(const TlsError& error);

// parse_tls_error reads a line as ERR_print_errors_cb(3) writes it:
// "thread:error:code:library:function:reason:file:line:data". Anything else is nothing.
std::optional<TlsError> parse_tls_error(std::string_view line);

// take_tls_errors empties the calling thread's error queue, oldest entry first.
std::vector<TlsError> take_tls_errors();

// find_provider_error picks the entry that the chip's provider raised; it says more than what OpenSSL made of it.
// Nothing if there is none.
const TlsError* find_provider_error(const std::vector<TlsError>& errors);

}  // namespace trustx::mqtt
