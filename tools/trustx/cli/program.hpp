// SPDX-License-Identifier: Apache-2.0
// The command line of trustx as a whole: options for every subcommand, help, and how a run ends.
#pragma once

namespace trustx::cli {

// run does what the command line says and gives the exit code.
int run(int argc, const char* const* argv);

}  // namespace trustx::cli
