// SPDX-License-Identifier: Apache-2.0
// A command as it goes to the chip: its bytes, and beside them what they are about.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/commands.hpp>

#include <cstddef>

namespace trustx {

struct EncodedCommand {
    const CommandInfo& info;
    CommandFacts facts;
    ByteView apdu;
};

// encode_command replaces the content of the buffer by the command's APDU, which the result points to.
// Error: Errc::argument_invalid outside the command's limits.
Result<EncodedCommand> encode_command(const CommandCall& command, Bytes& buffer);

// public_prefix is how many bytes at the beginning of the APDU may be shown.
std::size_t public_prefix(const EncodedCommand& command) noexcept;

// has_public_answer: all of the answer may be shown. Otherwise no more than its 4-byte header may be.
bool has_public_answer(const EncodedCommand& command) noexcept;

}  // namespace trustx
