// SPDX-License-Identifier: Apache-2.0
// What an exchange must cost on the bus, however well the host waits: computed from the lengths of its APDUs.
#pragma once

#include <chrono>
#include <cstddef>

namespace trustx::test {

using Nanoseconds = std::chrono::nanoseconds;

// transfer_time is one transfer, START to STOP: the address and `bytes` more, nine clocks each.
Nanoseconds transfer_time(std::size_t bytes, unsigned bus_khz);

// least_bus_time is what one command and its answer take in transfers that no host can spare, with frames of full
// size: the frames of both directions, for each frame of the chip one look at I2C_STATE, and the host's
// acknowledgements. An acknowledgement of the last packet of a command is read while the chip works and costs nothing.
// Guard times are not counted. Source: chip-i2c.md sections 2, 5 and 6.
Nanoseconds least_bus_time(std::size_t sent, std::size_t received, unsigned bus_khz);

}  // namespace trustx::test
