// SPDX-License-Identifier: Apache-2.0
// A bus without a socket: the host's transfers go straight to the simulated chip, and take their time.
#pragma once

#include "model/i2c/i2c_target.hpp"  // of the simulator
#include "virtual_time.hpp"

#include <trustx/i2c_bus.hpp>

namespace trustx::test {

class ChipBus final : public I2cBus {
 public:
    ChipBus(sim::I2cTarget& chip, VirtualTime& time) : chip_{chip}, time_{time} {}

    Result<void> write(ByteView bytes, Deadline deadline) override;
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override;
    Result<void> pulse_reset(Deadline deadline) override;
    const std::string& name() const override { return name_; }

    void power_cycle();

 private:
    Result<void> after(const sim::Transfer& transfer);

    sim::I2cTarget& chip_;
    VirtualTime& time_;
    std::string name_ = "simulated chip";
};

}  // namespace trustx::test
