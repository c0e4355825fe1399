// SPDX-License-Identifier: Apache-2.0
// The exit codes of trustx-mqtt, which scripts and service managers rely on, and the form of a problem that ends it.
#pragma once

#include <string>

namespace trustx::mqtt {

enum class ExitCode : int {
    done = 0,         // everything asked for was sent, acknowledged and received, or the user ended a subscription
    failed = 1,       // the local system failed: standard output closed, out of memory
    usage = 2,        // the command line is wrong
    credentials = 3,  // key file, certificate or CA file cannot be used; nothing was sent
    connect = 4,      // no connection within the attempts or the time allowed
    unfinished = 5,   // connected, but the time ran out, or the user ended it, before all messages were through
    refused = 6,      // the broker refused the subscription
};

// Problem is a failure in words for people: what was tried and came back, and what to do. Both are single sentences
// without a full stop; remedy may be empty.
struct Problem {
    std::string what;
    std::string remedy;

    friend bool operator==(const Problem&, const Problem&) = default;
};

// to_string is "what; remedy".
inline std::string to_string(const Problem& problem) {
    return problem.remedy.empty() ? problem.what : problem.what + "; " + problem.remedy;
}

}  // namespace trustx::mqtt
