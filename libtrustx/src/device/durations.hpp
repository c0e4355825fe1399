// SPDX-License-Identifier: Apache-2.0
// How long the chip takes for commands: known beforehand in general, learned from this chip for each kind of command,
// by this process or by another that left hints in the lock file.
#pragma once

#include "command/encoded_command.hpp"
#include "ifx_i2c/expectation.hpp"

#include <trustx/object_id.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace trustx {

// Durations of one chip. Similar commands take similar times: the same command about the same object with a similar
// amount of data. Used under the locks of the device.
class Durations {
 public:
    struct Kind {
        std::uint8_t opcode = 0;  // of no command
        std::uint8_t param = 0;
        std::uint8_t sent = 0;  // sizes by their number of binary digits
        std::uint8_t wanted = 0;
        std::optional<ObjectId> object = {};
        friend bool operator==(const Kind&, const Kind&) = default;
    };
    struct Hint {
        Kind kind;
        ifx_i2c::Expectation::Experience experience;
        friend bool operator==(const Hint&, const Hint&) = default;
    };
    using Hints = std::array<Hint, 16>;  // the latest last; before the first one those of no command

    // of finds what is expected of a command: at first what a hint says, within bounds, or half of its typical
    // duration. The reference is valid until the next call.
    ifx_i2c::Expectation& of(const EncodedCommand& command);

    // go_on_with takes the hints of other processes instead of the present ones. What this process learned itself
    // counts more.
    void go_on_with(const Hints& hints) noexcept { hints_ = hints; }
    // hints adds what this process learned. Only of commands that take long, which are few: a program that reads all
    // objects must not drive the others' hints out.
    const Hints& hints() noexcept;

 private:
    struct Entry {
        Kind kind;
        ifx_i2c::Expectation expectation;
        bool asked_for;  // since hints() was called
    };

    [[nodiscard]] ifx_i2c::Expectation first_of(const Kind& kind, const EncodedCommand& command) const;
    void add_hint(const Hint& hint) noexcept;

    std::vector<Entry> entries_;
    std::size_t oldest_ = 0;
    Hints hints_{};
};

}  // namespace trustx
