// SPDX-License-Identifier: Apache-2.0
// The simulator at work: sockets, chip and USB/IP export from the command line until SIGTERM or SIGINT.
#pragma once

#include "program/options.hpp"

namespace trustx::sim {

// simulate prints on standard output where hosts can connect, once they can. An error is a sentence.
Result<void> simulate(const Options& options);

}  // namespace trustx::sim
