// SPDX-License-Identifier: Apache-2.0
// What happened on the bus and in the chip since the start or the last reset of the counters.
#pragma once

#include "model/base/clock.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace trustx::sim {

struct Counters {
    // Bus (chip-i2c.md section 2)
    std::uint64_t transfers = 0;
    std::uint64_t bytes_to_chip = 0;
    std::uint64_t bytes_from_chip = 0;
    std::uint64_t address_naks = 0;
    std::uint64_t data_naks = 0;
    std::uint64_t guard_time_violations = 0;
    std::uint64_t wake_ups = 0;
    std::uint64_t scl_violations = 0;  // transfers on a bus faster than MAX_SCL_FREQU
    // Data link and transport layer (sections 5 and 6)
    std::uint64_t frames_received = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t bad_frames = 0;
    std::uint64_t repeated_frames = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t resyncs = 0;
    std::uint64_t chaining_errors = 0;
    // Time in which the chip worked on what a host had sent and the host could only wait: commands, and the moments
    // after fragments and acknowledgements that more is to follow. Nothing is counted with Timing::none().
    Duration chip_time{0};
    // Resets
    std::uint64_t pin_resets = 0;
    std::uint64_t soft_resets = 0;
    std::uint64_t power_cycles = 0;
    // Application
    std::uint64_t private_key_uses = 0;
    std::uint64_t session_key_uses = 0;
    std::uint64_t nvm_writes = 0;
    std::uint64_t nvm_failures = 0;
    std::uint64_t interrupted_commands = 0;  // begun, and ended by a reset
    std::uint64_t torn_writes = 0;           // of those, writes that left a part behind
    std::map<std::string, std::uint64_t> commands;
    std::map<std::string, std::uint64_t> errors;
    // Injected by rules (faults/fault_rule.hpp), by kind
    std::map<std::string, std::uint64_t> faults;
};

}  // namespace trustx::sim
