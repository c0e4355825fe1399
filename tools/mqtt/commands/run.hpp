// SPDX-License-Identifier: Apache-2.0
// From the command line to a session: checks the credentials, and puts the parts together.
#pragma once

#include "commands/command_line.hpp"
#include "connection/backoff.hpp"
#include "connection/key_credit.hpp"

namespace trustx::mqtt {

// Pace is how soon connections follow each other. Tests have a quicker one.
struct Pace {
    Backoff::Limits backoff{};
    KeyCredit::Limits credit{};
};

// run_session gives the exit code. Throws std::system_error where the system has no descriptors or memory left.
int run_session(const CommandLine& command, const Pace& pace = {});

}  // namespace trustx::mqtt
