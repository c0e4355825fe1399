// SPDX-License-Identifier: Apache-2.0
// OpenSSL's error queue as values.
#pragma once

#include <string>
#include <vector>

namespace trustx::mqtt {

struct TlsError {
    std::string library;  // "SSL routines"; "system library"; for errors of the chip's provider its name
    std::string reason;   // "certificate verify failed"
    std::string data;     // what the raiser added; often empty

    friend bool operator==(const TlsError&, const TlsError&) = default;
};

// to_string is "reason: data".
std::string to_string(const TlsError& error);

// take_tls_errors empties the calling thread's error queue, oldest entry first.
std::vector<TlsError> take_tls_errors();

// is_system_error: the network ended, and TLS had no say. OpenSSL 3.0 does not even report that.
bool is_system_error(const TlsError& error);

// find_provider_error picks the entry that the chip's provider raised; it says more than what OpenSSL made of it.
// Nothing if there is none.
const TlsError* find_provider_error(const std::vector<TlsError>& errors);

}  // namespace trustx::mqtt
