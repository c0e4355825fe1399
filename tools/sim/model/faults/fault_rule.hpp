// SPDX-License-Identifier: Apache-2.0
// A rule by which something goes wrong, in its text form: what happens, to which transfer or command, and how often.
// docs/simulator.md has the grammar with examples.
#pragma once

#include "model/base/clock.hpp"
#include "model/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::sim {

enum class FaultKind {
    address_nak,  // the chip does not acknowledge its address
    data_nak,     // it takes the bytes before one, and does not acknowledge that one
    bit_flip,     // one bit of the data changes on the bus
    drop,         // a write does not reach the chip; the host gets FF for a read that did reach it
    duplicate,    // the transfer takes place twice
    delay,        // the transfer, or the command, takes longer
    bus_error,    // the adapter reports an error
    timeout,      // the adapter reports that the bus timed out
    reset,        // the reset line is pulled
    power_cut,    // the supply fails for a moment
    hang,         // the chip acknowledges nothing more, or never finishes the command, until it is reset
};

// Moment is where in a transfer or a command a fault happens. `at` is for faults that change it as a whole.
enum class Moment { at, before, during, after };

enum class FaultSubject { write, read, transfer, command };

struct FaultRule {
    FaultKind kind{};
    Moment moment = Moment::at;
    FaultSubject subject = FaultSubject::transfer;
    std::optional<std::uint8_t> opcode{};     // of the command; any when absent
    std::optional<std::uint8_t> register_{};  // of the transfer; any when absent
    std::optional<std::size_t> byte{};        // data_nak and bit_flip: counted from 0; the last one when absent
    std::uint8_t bit = 0;                     // bit_flip: 0 to 7
    Duration delay{0};                        // delay
    std::uint64_t nth = 1;                    // of those that match, the first to which it applies
    std::optional<std::uint64_t> every{};     // each Nth of them instead
    std::optional<std::uint32_t> percent{};   // each of them with this chance only
    std::optional<std::uint64_t> times = 1;   // unlimited when absent
    std::string text{};                       // as it was written

    [[nodiscard]] bool on_command() const { return subject == FaultSubject::command; }
};

// name_of is the word for a kind, in rules and in counters.
[[nodiscard]] std::string name_of(FaultKind kind);

// parse_duration reads 300us, 20ms or 5s.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

// parse_fault_rule reads KIND[=VALUE][,CONDITION=VALUE]... The error is a sentence that says what is valid.
[[nodiscard]] Result<FaultRule> parse_fault_rule(std::string_view text);

}  // namespace trustx::sim
