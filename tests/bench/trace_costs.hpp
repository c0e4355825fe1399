// SPDX-License-Identifier: Apache-2.0
// What exchanges with a chip cost, read from the trace that libtrustx writes (docs/trace.md).
#pragma once

#include "bus_cost.hpp"

#include <cstdint>
#include <filesystem>

namespace trustx::test {

struct TraceCosts {
    std::int64_t exchanges = 0;  // commands sent to the chip
    std::int64_t transfers = 0;
    std::int64_t polls = 0;
    std::int64_t naks = 0;
    Nanoseconds least_bus{0};
};

// costs_since sums up the lines behind that many bytes of a trace. bus_khz is the frequency for least_bus.
TraceCosts costs_since(const std::filesystem::path& trace, std::uintmax_t offset, unsigned bus_khz);

}  // namespace trustx::test
