// SPDX-License-Identifier: Apache-2.0
// OpenSSL's error queue as values.
#pragma once

#include <string>
#include <vector>

namespace trustx::openssl {

// QueuedError is one entry. Decisions depend on its numbers, never on its text.
struct QueuedError {
    unsigned long code = 0;
    std::string library;  // "SSL routines"; for errors of a provider its name
    std::string reason;   // "certificate verify failed"; never empty
    std::string data;     // what the raiser added; often empty

    // library_number and reason_number are the parts of the code: ERR_LIB_X509, X509_R_...; an errno for system errors.
    [[nodiscard]] int library_number() const;
    [[nodiscard]] int reason_number() const;
    // is_system_error: the operating system raised it, and reason_number is an errno.
    [[nodiscard]] bool is_system_error() const;

    friend bool operator==(const QueuedError&, const QueuedError&) = default;
};

// take_errors empties the calling thread's queue, oldest entry first.
std::vector<QueuedError> take_errors();

// last_reason is the reason of the newest entry, and leaves the queue as it is. Empty for none.
std::string last_reason();

// to_string is "reason: data", or for several "first; second". Empty for none.
std::string to_string(const QueuedError& error);
std::string to_string(const std::vector<QueuedError>& errors);

}  // namespace trustx::openssl
