// SPDX-License-Identifier: Apache-2.0
// Another program that is run for what it prints: without a shell, with a deadline, and with a bound on its output.
#pragma once

#include "common/process/running_program.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

namespace trustx::process {

// start_advice is what to do where a program could not be started: that is what errors of run_program are about, and an
// Error's own remedy for the same errno is about the chip's bus.
inline constexpr const char* start_advice = "name a program that is there and may be executed, by its path or in PATH";

// run_program waits for the end of the program, and for that of everything that holds its output, but for that no
// longer than output_after_end. At the deadline the program is killed with its children. Errors: the errno of what
// could not be started, without context.
Result<Outcome> run_program(const Command& command, const Clock& clock, const Deadline& deadline);

}  // namespace trustx::process
