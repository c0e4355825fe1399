// SPDX-License-Identifier: Apache-2.0
// The frame check sequence: CRC-16/KERMIT. Source: chip-i2c.md section 5.2.
#pragma once

#include <trustx/bytes.hpp>

#include <cstdint>

namespace trustx::ifx_i2c {

std::uint16_t crc16(ByteView bytes) noexcept;

}  // namespace trustx::ifx_i2c
