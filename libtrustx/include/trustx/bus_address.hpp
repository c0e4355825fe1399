// SPDX-License-Identifier: Apache-2.0
// Where a chip is: the text form of a bus and a target address.
#pragma once

#include <trustx/export.hpp>
#include <trustx/gpio_line.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// BusAddress names a bus and the 7-bit address of the chip on it.
//
// Forms: `i2c:/dev/i2c-1@0x30`, `i2c:/dev/i2c-1`, `/dev/i2c-1`, `unix:/path/to/socket@0x30`, `unix:/path/to/socket`.
// Without `@` the target is 0x30 (chip-i2c.md section 1). On an I2C bus the lines that reset the chip and switch its
// supply may follow: `i2c:/dev/i2c-1@0x30,reset=gpiochip0:17,supply=gpiochip0:27` (GpioLine).
struct TRUSTX_EXPORT BusAddress {
    enum class Kind : std::uint8_t { linux_i2c, unix_socket };

    Kind kind = Kind::linux_i2c;
    std::string path;
    std::uint8_t target = default_target;
    std::optional<GpioLine> reset_line = {};
    std::optional<GpioLine> supply_line = {};

    static constexpr std::uint8_t default_target = 0x30;

    // parse reads one of the forms. Error: Errc::address_invalid.
    static Result<BusAddress> parse(std::string_view text);

    // text is the full form with scheme, target and lines; parse(text()) gives the same address.
    [[nodiscard]] std::string text() const;

    // chip is the address without the lines: what tells one chip from another, and names it in messages.
    [[nodiscard]] BusAddress chip() const;

    friend bool operator==(const BusAddress&, const BusAddress&) = default;
};

}  // namespace trustx
