// SPDX-License-Identifier: Apache-2.0
// What a command APDU says about itself: its name, the object it is about, and how much of it and of its answer may be
// shown to others. Works on every command of the chip, whoever encoded it.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/object_id.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trustx {

// ApduFacts of one command.
struct ApduFacts {
    std::string_view name = "unknown command";  // as in commands.hpp
    std::uint8_t command = 0;                   // Cmd without its top bit, which only clears the last error
    std::uint8_t param = 0;
    std::optional<ObjectId> object;  // data object or key
    std::size_t size = 0;            // of the whole APDU

    // That many bytes at the beginning of the command hold nothing secret; at most 8, or all of them.
    std::size_t public_prefix = 0;
    // Nothing in the answer is secret. Otherwise no more than its 4-byte header may be shown.
    bool public_answer = false;
};

// examine_apdu takes a command apart. What it does not know counts as secret.
ApduFacts examine_apdu(ByteView command) noexcept;

}  // namespace trustx
