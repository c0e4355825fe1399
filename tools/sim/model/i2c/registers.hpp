// SPDX-License-Identifier: Apache-2.0
// The register map (chip-i2c.md section 3).
#pragma once

#include <cstdint>

namespace trustx::sim {

enum class Register : std::uint8_t {
    data = 0x80,
    data_reg_len = 0x81,
    i2c_state = 0x82,
    base_addr = 0x83,
    max_scl_frequ = 0x84,
    guard_time = 0x85,
    trans_timeout = 0x86,
    pwr_save_timeout = 0x87,
    soft_reset = 0x88,
    i2c_mode = 0x89,
    app_state_0 = 0x90,
};

namespace i2c_state {
constexpr std::uint32_t busy = 0x80000000;
constexpr std::uint32_t response_ready = 0x40000000;
constexpr std::uint32_t soft_reset_supported = 0x08000000;
}  // namespace i2c_state

// Values of I2C_MODE.
constexpr std::uint8_t mode_standard = 0x01;
constexpr std::uint8_t mode_standard_and_fast = 0x03;
constexpr std::uint8_t mode_fast_plus = 0x04;

constexpr std::uint16_t max_data_reg_len = 0x0115;
constexpr std::uint16_t min_data_reg_len = 0x0010;
constexpr std::uint16_t persistent_bit = 0x8000;

}  // namespace trustx::sim
