// SPDX-License-Identifier: Apache-2.0
// Golden APDUs as text, to compare commands with.
#pragma once

#include "command/apdu.hpp"
#include "support/coded.hpp"
#include "support/golden.hpp"

#include <string>

namespace trustx::test {

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
