// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/crc16.hpp"

namespace trustx::sim {

std::uint16_t crc16(ByteView bytes) {
    // x16 + x12 + x5 + 1, reflected, starting from zero; also known as CRC-16/KERMIT.
    std::uint32_t crc = 0;
    for (const auto byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0x8408U : crc >> 1U;
        }
    }
    return static_cast<std::uint16_t>(crc);
}

}  // namespace trustx::sim
