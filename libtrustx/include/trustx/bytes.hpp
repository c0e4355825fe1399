// SPDX-License-Identifier: Apache-2.0
// Bytes as the I2C bus and OpenSSL both use them, and their hexadecimal form.
#pragma once

#include <trustx/export.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trustx {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// to_hex writes bytes as upper-case digits without separators: `E0F1`.
TRUSTX_EXPORT std::string to_hex(ByteView bytes);

}  // namespace trustx
