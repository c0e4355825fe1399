// SPDX-License-Identifier: Apache-2.0
// The exit codes of trustx-mqtt, which scripts and service managers rely on.
#pragma once

#include "connection/error.hpp"

namespace trustx::mqtt {

enum class ExitCode : int {
    done = 0,         // everything asked for was sent, acknowledged and received, or the user ended a subscription
    failed = 1,       // the local system failed: standard output closed, no use of the spool, out of memory
    usage = 2,        // the command line is wrong
    credentials = 3,  // key file, certificate or CA file cannot be used; nothing was sent
    connect = 4,      // no connection within the attempts or the time allowed
    unfinished = 5,   // connected, but the time ran out, or the user ended it, before all messages were through
    refused = 6,      // the broker refuses a subscription, a message, or the client for what it did
};

// exit_code_of is the exit code of a program that an error ended.
constexpr ExitCode exit_code_of(Cause cause) {
    switch (cause) {
        case Cause::ca_file:
        case Cause::certificate:
        case Cause::key_file:
        case Cause::key_mismatch:
        case Cause::provider_not_loaded:
            return ExitCode::credentials;
        case Cause::subscription_refused:
        case Cause::refused:
            return ExitCode::refused;
        case Cause::input:
        case Cause::output:
        case Cause::spool_in_use:
        case Cause::spool_damaged:
        case Cause::spool_foreign:
        case Cause::spool_newer:
        case Cause::spool_full:
        case Cause::spool_failed:
            return ExitCode::failed;
        default:
            return ExitCode::connect;
    }
}

}  // namespace trustx::mqtt
