// SPDX-License-Identifier: Apache-2.0
// Commands as the bytes that go to the chip, and back. For tests that have libtrustx/src in their include path.
#pragma once

#include "command/encoded_command.hpp"

#include <optional>
#include <string>

namespace trustx::test {

// encoded gives a command's APDU in hexadecimal.
template <class Command>
Result<std::string> encoded(const Command& command) {
    Bytes buffer;
    std::optional<typename Command::Response> response;
    const auto encoded = encode_command(CommandCall{command, response}, buffer);
    if (!encoded) {
        return encoded.failure();
    }
    return to_hex(encoded->apdu);
}

// decoded reads a command's answer.
template <class Command>
Result<typename Command::Response> decoded(const Command& command, ByteView data) {
    std::optional<typename Command::Response> response;
    const auto decoded = CommandCall{command, response}.decode(data);
    if (!decoded) {
        return decoded.failure();
    }
    return *std::move(response);
}

}  // namespace trustx::test
