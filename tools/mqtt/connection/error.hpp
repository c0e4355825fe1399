// SPDX-License-Identifier: Apache-2.0
// What keeps a program from its broker: a cause to decide on, and words for people.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace trustx::mqtt {

enum class Cause : std::uint8_t {
    // Before anything is sent.
    ca_file,
    certificate,
    key_file,
    key_mismatch,         // key and certificate do not belong together
    provider_not_loaded,  // the key is in the chip, and OpenSSL's configuration does not load the chip's provider

    // Before the broker answers CONNECT.
    name,                  // not found
    tcp,                   // nobody answers
    tls,                   // TLS failed, and nothing below says why
    broker_not_yet_valid,  // the broker's certificate, by this computer's clock
    broker_expired,
    broker_name,  // its certificate is for another name
    broker_untrusted,
    chip,   // it gave no signature
    alert,  // the broker ended TLS with an alert that explains itself

    // The broker's answer to CONNECT.
    mqtt_version,
    client_id,
    unavailable,
    password_wanted,
    not_authorised,
    closed,  // no answer: it closed the connection

    // Once connected.
    subscription_refused,
    refused,  // it ended the connection for what was published or subscribed to
    input,    // what is to be published cannot be read
    output,   // what was received cannot be written

    // The spool, where messages wait on disk.
    spool_in_use,   // another program has it open
    spool_damaged,  // what is in it contradicts itself
    spool_foreign,  // another client's, or no spool at all
    spool_newer,    // of a later version of this program
    spool_full,     // its disk is
    spool_failed,   // anything else that the disk refuses
};

// Error says what was tried and came back, and what to do. Both are single sentences without a full stop; remedy may
// be empty.
struct Error {
    Cause cause;
    std::string what;
    std::string remedy;
};

template <class T>
using Result = tl::expected<T, Error>;

// fail makes the error side of a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Cause cause, std::string what, std::string remedy = {}) {
    return tl::unexpected{Error{cause, std::move(what), std::move(remedy)}};
}

// to_string is "what; remedy".
inline std::string to_string(const Error& error) {
    return error.remedy.empty() ? error.what : error.what + "; " + error.remedy;
}

}  // namespace trustx::mqtt
