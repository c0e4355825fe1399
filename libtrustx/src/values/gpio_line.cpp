// SPDX-License-Identifier: Apache-2.0
#include "codec/parse_number.hpp"

#include <trustx/gpio_line.hpp>

namespace trustx {
namespace {

constexpr std::string_view device_directory = "/dev/";
constexpr std::string_view controller_name = "gpiochip";
constexpr std::string_view active_low = ":active-low";
constexpr std::string_view active_high = ":active-high";
// The kernel numbers the lines of a controller with 32 bits, and no controller has as many as this.
constexpr std::uint32_t highest_offset = 0xFFFF;

tl::unexpected<Error> invalid(std::string_view text) {
    return fail(Errc::setting_invalid, "GPIO line `" + std::string{text} +
                                           "`: write gpiochip0:17, or the line's name, and where its level is not "
                                           "the usual one :active-low or :active-high behind it");
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) {
        return false;
    }
    text.remove_suffix(suffix.size());
    return true;
}

}  // namespace

Result<GpioLine> GpioLine::parse(std::string_view text) {
    GpioLine line;
    std::string_view rest = text;
    if (take_suffix(rest, active_low)) {
        line.active = Level::low;
    } else if (take_suffix(rest, active_high)) {
        line.active = Level::high;
    }
    const auto colon = rest.rfind(':');
    if (rest.empty() || rest.find(',') != rest.npos || rest.find('\0') != rest.npos) {
        return invalid(text);
    }
    if (colon == rest.npos) {
        line.name = rest;
        return line.name.starts_with('/') ? invalid(text) : Result<GpioLine>{line};
    }
    const auto controller = rest.substr(0, colon);
    const auto offset = parse_decimal(rest.substr(colon + 1), highest_offset);
    const bool is_path = controller.starts_with('/');
    if (!offset || (!is_path && !controller.starts_with(controller_name))) {
        return invalid(text);
    }
    line.controller = std::string{is_path ? "" : device_directory}.append(controller);
    line.offset = *offset;
    return line;
}

std::string GpioLine::text() const {
    std::string text = name.empty() ? controller + ":" + std::to_string(offset) : name;
    if (active) {
        text.append(*active == Level::low ? active_low : active_high);
    }
    return text;
}

}  // namespace trustx
