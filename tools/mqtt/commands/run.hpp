// SPDX-License-Identifier: Apache-2.0
// From the command line to a session: checks the credentials, and puts the parts together.
#pragma once

#include "commands/command_line.hpp"

namespace trustx::mqtt {

// run_session gives the exit code. Throws std::system_error where the system has no descriptors or memory left.
int run_session(const CommandLine& command);

}  // namespace trustx::mqtt
