// SPDX-License-Identifier: Apache-2.0
// A simulated chip in the same process with a Device on it, and one virtual time for both.
#pragma once

#include "chip_bus.hpp"
#include "model/simulated_chip.hpp"

#include <trustx/device.hpp>

#include <memory>
#include <stdexcept>

namespace trustx::test {

class Chip {
 public:
    Chip() : chip_{make(time)}, device{Device::with_bus(std::make_unique<ChipBus>(*chip_, time), time, {})} {}

    // lock takes the device; destroy it before the next.
    LockedDevice lock() { return std::move(device->lock().value()); }
    // executed counts a command that the chip carried out.
    [[nodiscard]] std::uint64_t executed(const std::string& command) const {
        const auto& commands = chip_->counters().commands;
        const auto found = commands.find(command);
        return found == commands.end() ? 0 : found->second;
    }

    VirtualTime time;

 private:
    static std::unique_ptr<sim::SimulatedChip> make(const VirtualTime& time) {
        auto chip = sim::SimulatedChip::create({}, std::make_unique<sim::MemoryNvm>(), time.for_chip());
        if (!chip) {
            throw std::runtime_error(chip.error());
        }
        return std::move(*chip);
    }

    std::unique_ptr<sim::SimulatedChip> chip_;

 public:
    std::unique_ptr<Device> device;
};

}  // namespace trustx::test
