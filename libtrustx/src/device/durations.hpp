// SPDX-License-Identifier: Apache-2.0
// How long the chip takes for commands: known beforehand in general, learned from this chip for each kind of command.
#pragma once

#include "command/encoded_command.hpp"
#include "ifx_i2c/expectation.hpp"

#include <trustx/object_id.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace trustx {

// Durations of one chip. Similar commands take similar times: the same command about the same object with a similar
// amount of data. Used under the locks of the device.
class Durations {
 public:
    // of finds what is expected of a command: at first half of its typical duration. The reference is valid until the
    // next call.
    ifx_i2c::Expectation& of(const EncodedCommand& command);

 private:
    struct Kind {
        std::uint8_t opcode;
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

}  // namespace trustx
