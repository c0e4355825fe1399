// SPDX-License-Identifier: Apache-2.0
// How long the chip itself worked: counted by a simulator, on hardware taken from the documents.
#pragma once

#include "bus_cost.hpp"
#include "file_descriptor.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/trace.hpp>

#include <optional>

namespace trustx::cli {

// documented_chip_time is the typical duration of a command, where the documents or real chips give one. Source:
// chip-commands.md section 7.
std::optional<Nanoseconds> documented_chip_time(const Activity& activity);

// counted_chip_time asks the simulator behind a socket for its counter; nothing where no simulator with counters
// answers, as on hardware.
std::optional<Nanoseconds> counted_chip_time(const BusAddress& address);

}  // namespace trustx::cli
