// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/crc16.hpp"

#include <array>

namespace trustx::ifx_i2c {
namespace {

constexpr std::uint16_t reflected_polynomial = 0x8408;  // x16 + x12 + x5 + 1

constexpr std::array<std::uint16_t, 256> make_table() {
    std::array<std::uint16_t, 256> table{};
    for (std::size_t value = 0; value < table.size(); ++value) {
        auto crc = static_cast<std::uint16_t>(value);
        for (int bit = 0; bit < 8; ++bit) {
            const bool carry = (crc & 1U) != 0;
            crc = static_cast<std::uint16_t>(crc >> 1);
            if (carry) {
                crc ^= reflected_polynomial;
            }
        }
        table[value] = crc;
    }
    return table;
}

constexpr auto table = make_table();

}  // namespace

std::uint16_t crc16(ByteView bytes) noexcept {
    std::uint16_t crc = 0;
    for (const auto byte : bytes) {
        crc = static_cast<std::uint16_t>((crc >> 8) ^ table[(crc ^ byte) & 0xFFU]);
    }
    return crc;
}

}  // namespace trustx::ifx_i2c
