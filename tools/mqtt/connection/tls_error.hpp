// SPDX-License-Identifier: Apache-2.0
// OpenSSL's error queue as values. What kind of error an entry is, its code says; the texts are for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct TlsError {
    unsigned long code = 0;  // as ERR_get_error gives it
    std::string library;     // "SSL routines"; for errors of the chip's provider its name
    std::string reason;      // "certificate verify failed"
    std::string data;        // what was added where it was raised; often empty

    friend bool operator==(const TlsError&, const TlsError&) = default;
};

// to_string is "reason: data".
std::string to_string(const TlsError& error);

// take_tls_errors empties the calling thread's error queue, oldest entry first.
std::vector<TlsError> take_tls_errors();

// is_system_error: the network ended, and TLS had no say. OpenSSL 3.0 does not even report that.
bool is_system_error(const TlsError& error);

// alert_of is the number of the TLS alert (RFC 8446 section 6) that the peer sent; nothing for another error.
std::optional<int> alert_of(const TlsError& error);

// find_provider_error picks the entry that the chip's provider raised; it says more than what OpenSSL made of it.
// Nothing if there is none.
const TlsError* find_provider_error(const std::vector<TlsError>& errors);

}  // namespace trustx::mqtt
