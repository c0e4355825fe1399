// SPDX-License-Identifier: Apache-2.0
// The parts of `trustx attest`, one file each.
#pragma once

#include "cli/command_line.hpp"

namespace trustx::cli {

// add_attest_evidence declares what `trustx attest` does without a subcommand; after those.
void add_attest_evidence(Command& attest);
void add_attest_measure(Command& attest);
void add_attest_verify(Command& attest);
void add_attest_golden(Command& attest);

}  // namespace trustx::cli
