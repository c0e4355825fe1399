// SPDX-License-Identifier: Apache-2.0
// The interface between a bus and what answers on it. The socket server drives one; the chip is one; and so is what
// injects faults in between.
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/clock.hpp"

namespace trustx::sim {

// The values are those of bus-socket.md.
enum class TransferStatus : std::uint8_t {
    done = 0x00,
    address_nak = 0x01,
    data_nak = 0x02,
    bus_error = 0x03,
    timed_out = 0x04,
};

// Transfer is the outcome of one transfer and the time from START to STOP. The caller lets that time pass
// before the next one.
struct Transfer {
    TransferStatus status;
    Duration bus_time;
};

class I2cTarget {
 public:
    virtual ~I2cTarget() = default;
    // write with no bytes is an address probe.
    virtual Transfer write(std::uint8_t address, ByteView bytes) = 0;
    virtual Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) = 0;
    // pulse_reset and power_cycle return how long the line or the supply was low.
    virtual Duration pulse_reset() = 0;
    virtual Duration power_cycle() = 0;
};

}  // namespace trustx::sim
