// SPDX-License-Identifier: Apache-2.0
// From the command line to a powered chip: its memory, its timing, its fault rules.
#pragma once

#include "model/simulated_chip.hpp"
#include "program/options.hpp"

namespace trustx::sim {

// assemble_chip refuses a fault rule that cannot be used before it touches the memory. clock outlives the chip.
Result<std::unique_ptr<SimulatedChip>> assemble_chip(const Options& options, const Clock& clock,
                                                     const std::shared_ptr<spdlog::logger>& log);

}  // namespace trustx::sim
