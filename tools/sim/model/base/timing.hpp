// SPDX-License-Identifier: Apache-2.0
// How long things take: transfers on the bus, commands in the chip, and the times in which the chip does not
// acknowledge (chip-i2c.md sections 1 and 2, chip-commands.md section 7).
#pragma once

#include "model/base/clock.hpp"
#include "model/base/names.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace trustx::sim {

// Work is what a command computes, where its Cmd and size do not tell.
struct Work {
    std::size_t key_pairs = 0;
    std::size_t agreements = 0;
    std::size_t signatures = 0;
    std::size_t verifications = 0;
    std::size_t derivations = 0;
    std::size_t hashed_bytes = 0;
    std::size_t encrypted_bytes = 0;
};

// Timing is all zeros for a chip that answers at once.
struct Timing {
    bool realistic = false;
    std::uint32_t scl_khz = 0;  // 0: transfers take no time

    Duration start_up{0};              // after power-on and every reset
    Duration start_up_after_write{0};  // after a reset that interrupted a write to non-volatile memory
    Duration reset_pulse{0};           // reset line low
    Duration guard_time{0};            // between STOP and START
    Duration wake_up{0};               // asleep until ready
    Duration fragment_window{0};       // no acknowledgement after a fragment that is not the last
    Duration command_window{0};        // the same after the last fragment, unless the command is done sooner
    Duration control_window{0};        // the same after a control frame
    Duration acknowledge_timer{0};     // a response later than this is preceded by a control frame
    Duration transmission_timeout{0};  // an unacknowledged frame is offered again after this

    // bus_time is a transfer of the address and some bytes, START to STOP.
    [[nodiscard]] Duration bus_time(std::size_t bytes) const;
    // execution is what a command takes; size is its InData or, for reads, what it asks for. current_limit is what
    // object E0C4 allows, in mA: with less current everything is slower.
    [[nodiscard]] Duration execution(std::optional<Opcode> opcode, std::uint8_t param, std::size_t size,
                                     std::uint8_t current_limit = default_current_limit) const;
    [[nodiscard]] Duration execution(const Work& work, std::uint8_t current_limit = default_current_limit) const;
    static constexpr std::uint8_t default_current_limit = 6;

    static Timing none() { return {}; }
    static Timing typical(std::uint32_t scl_khz);
};

// AcknowledgeStyle is how the chip confirms the last fragment of a command (chip-i2c.md section 5.4).
enum class AcknowledgeStyle {
    automatic,  // by the response if it is ready in time, else by a control frame
    piggyback,  // by the response whenever a host can wait for it, that is, for 10 ms
    separate,   // always by a control frame first
};

}  // namespace trustx::sim
