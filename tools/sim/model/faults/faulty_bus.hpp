// SPDX-License-Identifier: Apache-2.0
// The bus between host and chip, where the fault rules change transfers.
#pragma once

#include "model/base/timing.hpp"
#include "model/faults/faults.hpp"
#include "model/i2c/i2c_target.hpp"

namespace trustx::sim {

// FaultyChip is what faults do to a chip beside transfers. The supply and the line are back when a call returns.
class FaultyChip : public I2cTarget {
 public:
    // hang makes the chip acknowledge nothing until it is reset by its line or its supply.
    virtual void hang() = 0;
};

// FaultyBus is between a bus and a chip. A fault ends with its transfer.
class FaultyBus final : public I2cTarget {
 public:
    // chip must ask `clock` what time it is; both, rules, timing and counters outlive the bus.
    FaultyBus(FaultyChip& chip, ShiftedClock& clock, Faults& faults, const Timing& timing, Counters& counters)
        : chip_{chip}, clock_{clock}, faults_{faults}, timing_{timing}, counters_{counters} {}

    Transfer write(std::uint8_t address, ByteView bytes) override;
    Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override;
    Duration pulse_reset() override { return chip_.pulse_reset(); }
    Duration power_cycle() override { return chip_.power_cycle(); }

 private:
    Transfer write_with(const FaultRule& fault, std::uint8_t address, ByteView bytes);
    Transfer read_with(const FaultRule& fault, std::uint8_t address, std::span<std::uint8_t> bytes);
    template <class Once>
    Transfer around(const FaultRule& fault, Once once);
    template <class Once>
    Transfer later(Duration by, Once once);
    Transfer in_its_place(TransferStatus status, std::size_t bytes);
    void apply(FaultKind kind, Duration time_into_transfer);

    FaultyChip& chip_;
    ShiftedClock& clock_;
    Faults& faults_;
    const Timing& timing_;
    Counters& counters_;
    std::uint8_t register_ = 0x80;
};

}  // namespace trustx::sim
