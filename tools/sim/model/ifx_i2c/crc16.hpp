// SPDX-License-Identifier: Apache-2.0
// The frame check sequence (chip-i2c.md section 5.2).
#pragma once

#include "model/base/bytes.hpp"

namespace trustx::sim {

std::uint16_t crc16(ByteView bytes);

}  // namespace trustx::sim
