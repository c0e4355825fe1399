// SPDX-License-Identifier: Apache-2.0
// Another program that is run for what it prints: without a shell, with a deadline, and with a bound on its output.
#pragma once

#include "common/process/running_program.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

namespace trustx::process {

// run_program waits for the end of the program, and for that of everything that holds its output. At the deadline it is
// killed with its children. Errors: the errno of what could not be started, without context.
Result<Outcome> run_program(const Command& command, const Clock& clock, const Deadline& deadline);

}  // namespace trustx::process
