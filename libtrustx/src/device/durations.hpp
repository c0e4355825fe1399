// SPDX-License-Identifier: Apache-2.0
// How long the chip takes for commands: known beforehand in general, learned from this chip for each kind of command.
#pragma once

#include "ifx_i2c/expectation.hpp"

#include <trustx/bytes.hpp>
#include <trustx/object_id.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace trustx {

// Durations of one chip. What is alike takes alike: the same command about the same object with a similar amount of
// data. Used under the locks of the device.
class Durations {
 public:
    // of finds what is expected of a command APDU. The reference is valid until the next call.
    ifx_i2c::Expectation& of(ByteView command);

 private:
    struct Kind {
        std::uint8_t command;
        std::uint8_t param;
        int sent;  // sizes by their number of binary digits
        int wanted;
        std::optional<ObjectId> object;
        friend bool operator==(const Kind&, const Kind&) = default;
    };
    struct Entry {
        Kind kind;
        ifx_i2c::Expectation expectation;
    };

    std::vector<Entry> entries_;
    std::size_t oldest_ = 0;
};

// typical_duration is what is known of a command before the first one was run. Source: chip-commands.md section 7.
Duration typical_duration(ByteView command) noexcept;

}  // namespace trustx
