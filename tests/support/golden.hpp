// SPDX-License-Identifier: Apache-2.0
// The golden vectors (tests/golden/README.md) and the hexadecimal form they use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::test {

// golden loads tests/golden/NAME.json; throws std::runtime_error when there is none.
nlohmann::json golden(const std::string& name);

// golden_apdu is the entry of apdus.json with this id.
nlohmann::json golden_apdu(std::string_view id);

// from_hex reads digits of either case, with or without blanks; throws std::invalid_argument for anything else.
std::vector<std::uint8_t> from_hex(std::string_view text);

// to_hex writes bytes in upper case without blanks.
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace trustx::test
