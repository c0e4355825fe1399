// SPDX-License-Identifier: Apache-2.0
#include "program/chip_assembly.hpp"

#include "common/try.hpp"
#include "model/nvm/nvm_file.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::sim {

namespace {

Result<std::unique_ptr<Nvm>> open_nvm(const std::string& path) {
    if (path.empty()) {
        return std::make_unique<MemoryNvm>();
    }
    TRY(auto file, NvmFile::open(path));
    return file;
}

Result<std::vector<FaultRule>> parse_faults(const std::vector<std::string>& texts) {
    std::vector<FaultRule> rules;
    for (const auto& text : texts) {
        TRY(auto rule, parse_fault_rule(text));
        rules.push_back(std::move(rule));
    }
    return rules;
}

// A bus that is too fast for the chip may be intended; otherwise it is hard to find out why nothing answers.
void warn_of_fast_bus(const SimulatedChip& chip, spdlog::logger& log) {
    if (chip.scl_khz() > chip.max_scl_khz()) {
        log.warn("the bus runs at {} kHz, and the chip acknowledges nothing above {} kHz until I2C_MODE says otherwise",
                 chip.scl_khz(), chip.max_scl_khz());
    }
}

}  // namespace

Result<std::unique_ptr<SimulatedChip>> assemble_chip(const Options& options, const Clock& clock,
                                                     const std::shared_ptr<spdlog::logger>& log) {
    TRY(auto faults, parse_faults(options.faults));
    TRY(auto nvm, open_nvm(options.nvm));
    TRY(auto chip,
        SimulatedChip::create({.profile = options.profile,
                               .uid = options.uid,
                               .seed = options.seed,
                               .timing = options.timing == "none" ? Timing::none() : Timing::typical(options.scl_khz),
                               .acknowledge = options.acknowledge,
                               .log = log},
                              std::move(nvm), clock));
    for (auto& rule : faults) {
        chip->faults().add(std::move(rule));
    }
    warn_of_fast_bus(*chip, *log);
    return chip;
}

}  // namespace trustx::sim
