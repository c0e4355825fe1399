// SPDX-License-Identifier: Apache-2.0
// Commands as the bytes that go to the chip, and golden APDUs as text.
#pragma once

#include "command/apdu.hpp"
#include "support/golden.hpp"

#include <string>

namespace trustx::test {

// encoded gives a command's APDU in hexadecimal.
template <class Command>
Result<std::string> encoded(const Command& command) {
    Bytes buffer;
    ApduWriter apdu{buffer};
    if (auto result = command.encode(apdu); !result) {
        return result.failure();
    }
    return trustx::to_hex(apdu.apdu());
}

// golden_command and golden_response are one pair of apdus.json; the response is given as its data, without header.
inline std::string golden_command(std::string_view id) {
    return trustx::to_hex(from_hex(golden_apdu(id).at("cmd").get<std::string>()));
}

inline Bytes golden_response(std::string_view id) {
    const Bytes apdu = from_hex(golden_apdu(id).at("rsp").get<std::string>());
    const auto response = parse_response_apdu(apdu);
    return {response.value().data.begin(), response.value().data.end()};
}

}  // namespace trustx::test
