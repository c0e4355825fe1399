// SPDX-License-Identifier: Apache-2.0
// The program trustx as a whole: its subcommands, the options for all of them, and how a run ends.
#pragma once

namespace trustx::cli {

// run does what the command line says and gives the exit code.
int run(int argc, const char* const* argv);

}  // namespace trustx::cli
