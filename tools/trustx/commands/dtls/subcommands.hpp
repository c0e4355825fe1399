// SPDX-License-Identifier: Apache-2.0
// The subcommands of `trustx dtls`, one file each.
#pragma once

#include "cli/command_line.hpp"

namespace trustx::cli {

void add_dtls_connect(Command& dtls);
void add_dtls_bench(Command& dtls);

}  // namespace trustx::cli
