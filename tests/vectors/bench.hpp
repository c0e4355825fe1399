// SPDX-License-Identifier: Apache-2.0
// What all vectors are run on: libtrustx over a simulated chip in the same process.
#pragma once

#include "faults/chip_bus.hpp"
#include "faults/virtual_time.hpp"
#include "model/simulated_chip.hpp"
#include "support/golden.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

namespace trustx::test {

// Bench is a chip and the device that uses it.
class Bench {
 public:
    explicit Bench(std::unique_ptr<sim::Nvm> nvm = std::make_unique<sim::MemoryNvm>());

    VirtualTime time;
    std::unique_ptr<sim::SimulatedChip> chip;
    std::unique_ptr<Device> device;
};

// vectors_of loads tests/vectors/data/NAME.json.
nlohmann::json vectors_of(const std::string& name);

// bytes_of is a hexadecimal field, number_of the same without leading zero bytes.
Bytes bytes_of(const nlohmann::json& vector, const char* field);
Bytes number_of(const nlohmann::json& vector, const char* field);
Curve curve_of(const nlohmann::json& vector);

// sha256_on hashes on the chip, in as many commands as it takes.
Bytes sha256_on(Bench& bench, ByteView message);

}  // namespace trustx::test
