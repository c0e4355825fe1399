// SPDX-License-Identifier: Apache-2.0
// JSON from outside: header and claims of a token, texts within them, lines of a log, golden values, what a program
// prints. Nothing of that may be trusted before it is read, so that reading it must not be what fails.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::attest {

// Objects and arrays are in one another no deeper than this. What is deeper overflows the stack where it is copied.
inline constexpr int deepest_json = 64;

// read_json reads a whole text. The value is discarded (is_discarded()) for what is no JSON, deeper, or has an object
// with two members of one name: of those, two readers may see different ones (RFC 8259 section 4, RFC 8725
// section 2.4).
nlohmann::json read_json(std::string_view text);

}  // namespace trustx::attest
