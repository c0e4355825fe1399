// SPDX-License-Identifier: Apache-2.0
// What a run of the sweep uses: libtrustx on top of a bus with faults on top of a simulated chip, in one virtual time.
#pragma once

#include "fault.hpp"
#include "model/simulated_chip.hpp"
#include "virtual_time.hpp"

#include <trustx/device.hpp>
#include <trustx/key.hpp>

#include <memory>
#include <string>

namespace trustx::test {

// Prepared is a chip in the state in which every run begins: two keys, some objects; and what the host knows of it.
struct Prepared {
    std::string image;          // of the chip's non-volatile memory
    PublicKey key_p256;         // E0F1
    PublicKey key_p384;         // E0F2
    Bytes large_content;        // F1E0
    Bytes certificate_content;  // E0E1
};

Prepared prepare();

class Fixture {
 public:
    Fixture(const std::string& image, sim::AcknowledgeStyle acknowledge);

    VirtualTime time;
    std::unique_ptr<sim::SimulatedChip> chip;
    FaultyBus* bus = nullptr;  // owned by the device
    std::unique_ptr<Device> device;

    // executed counts how often the chip has run a command, by its name.
    [[nodiscard]] std::uint64_t executed(const std::string& command) const;

    // time_limit is what one command may take in this fixture.
    static constexpr std::chrono::milliseconds time_limit{2000};
};

}  // namespace trustx::test
