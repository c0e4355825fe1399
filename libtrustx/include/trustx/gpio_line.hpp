// SPDX-License-Identifier: Apache-2.0
// A line of a GPIO controller that switches something of the chip: its reset pin, or its supply.
#pragma once

#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// GpioLine names a line and says at which level it is active: at which a reset line resets the chip, and a supply line
// supplies it.
//
// Forms: `gpiochip0:17` or `/dev/gpiochip0:17`, the controller and the number of the line; or the line's name,
// `GPIO17`, which is looked for in all controllers. Behind each may stand `:active-low` or `:active-high`. A name holds
// neither colon nor comma.
struct TRUSTX_EXPORT GpioLine {
    enum class Level : std::uint8_t { low, high };

    std::string controller;            // a path: "/dev/gpiochip0"; empty where the line has a name
    unsigned offset = 0;               // in the controller
    std::string name;                  // empty where the line has a number
    std::optional<Level> active = {};  // absent: as the chip itself wants it

    // parse reads one of the forms. Error: Errc::setting_invalid.
    static Result<GpioLine> parse(std::string_view text);

    // text is the form with the full path of the controller; parse(text()) gives the same line.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const GpioLine&, const GpioLine&) = default;
};

}  // namespace trustx
