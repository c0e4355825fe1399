// SPDX-License-Identifier: Apache-2.0
// Hexadecimal digits that people type or paste.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <string>

namespace trustx::files {

// parse_hex reads pairs of digits in either case; white space is skipped. `name` is the input's, for messages.
Result<Bytes> parse_hex(ByteView text, const std::string& name);

}  // namespace trustx::files
