// SPDX-License-Identifier: Apache-2.0
// Everything that provisioning reaches: a simulated chip in this process, files in memory, an authority. Every call of
// a seam is counted, and one of them can be hit. What is left when a run ends is here.
#pragma once

#include "../faults/virtual_time.hpp"
#include "chip/chip_objects.hpp"
#include "chip/enrolment_chip.hpp"
#include "model/simulated_chip.hpp"
#include "provisioning/provisioning.hpp"
#include "support/memory_files.hpp"
#include "support/software_key.hpp"
#include "support/temp_dir.hpp"
#include "support/trap.hpp"

#include <memory>
#include <string>

namespace trustx::test {

// ProvisioningWorld has one chip, which is new, and one recipe.
class ProvisioningWorld {
 public:
    ProvisioningWorld();
    ~ProvisioningWorld();
    ProvisioningWorld(const ProvisioningWorld&) = delete;
    ProvisioningWorld& operator=(const ProvisioningWorld&) = delete;

    // provision and plan are each one run of the program: nothing is remembered from the last.
    Result<void> provision();
    Result<provisioning::Plan> plan();
    // survives is provision with whatever the trap does; false: it was killed.
    bool survives();

    // forget loses the journals.
    void forget();

    // What must hold at every moment, in words; empty: it holds.
    std::string violation();
    // What must hold when a run has succeeded.
    std::string missing_when_done();

    [[nodiscard]] std::uint64_t executed(const std::string& command) const;

    // prepare replaces the recipe's text.
    void use(const std::string& text);

    static const char* usual_recipe();

    Trap trap;
    MemoryFiles files{trap};
    VirtualTime time;
    std::unique_ptr<sim::SimulatedChip> chip;
    SoftwareKey authority{Curve::p256};
    SoftwareKey anchor{Curve::p256};
    TempDir directory;
    std::optional<provisioning::Recipe> recipe;
    cli::Context context{};
    std::unique_ptr<cli::Chip> opened;  // without traps

 private:
    class Ports;
    [[nodiscard]] std::unique_ptr<Ports> ports();
};

}  // namespace trustx::test
