// SPDX-License-Identifier: Apache-2.0
#include "codec/parse_number.hpp"
#include "common/try.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/bytes.hpp>

#include <algorithm>
#include <optional>

namespace trustx {
namespace {

constexpr std::string_view i2c_scheme = "i2c:";
constexpr std::string_view unix_scheme = "unix:";
constexpr std::string_view reset_option = ",reset=";
constexpr std::string_view supply_option = ",supply=";

// The 7-bit addresses outside this range are reserved (I2C specification section 3.1.12).
constexpr std::uint8_t lowest_target = 0x08;
constexpr std::uint8_t highest_target = 0x77;

// sun_path holds 108 bytes with the terminating zero (unix(7)).
constexpr std::size_t longest_socket_path = 107;

tl::unexpected<Error> invalid(std::string_view text, std::string_view why) {
    return fail(Errc::address_invalid, "device `" + std::string{text} + "` (" + std::string{why} + ")");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

std::optional<std::uint8_t> parse_target(std::string_view text) {
    if (!take_prefix(text, "0x") || text.size() > 2) {
        return std::nullopt;
    }
    const auto target = parse_hexadecimal(text, highest_target);
    if (!target || *target < lowest_target) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(*target);
}

// find_target gives the place of the `@` in front of the target; an `@` before a slash belongs to the path.
std::size_t find_target(std::string_view text) {
    const std::size_t at = text.rfind('@');
    const bool in_path = at != text.npos && text.find('/', at) != text.npos;
    return in_path ? text.npos : at;
}

// take_lines removes the lines from the end of an address.
Result<void> take_lines(std::string_view& rest, BusAddress& address) {
    const std::size_t begin = std::min(rest.find(reset_option), rest.find(supply_option));
    if (begin == rest.npos) {
        return {};
    }
    std::string_view lines = rest.substr(begin);
    rest = rest.substr(0, begin);
    while (!lines.empty()) {
        const bool is_reset = take_prefix(lines, reset_option);
        auto& line = is_reset ? address.reset_line : address.supply_line;
        if ((!is_reset && !take_prefix(lines, supply_option)) || line) {
            return fail(Errc::address_invalid, "device: `" + std::string{lines} +
                                                   "` (at the end stand ,reset=LINE and ,supply=LINE, once each)");
        }
        const auto end = std::min(lines.find(','), lines.size());
        const auto parsed = GpioLine::parse(lines.substr(0, end));
        if (!parsed) {
            return fail(Errc::address_invalid, parsed.error().operation());
        }
        line = *parsed;
        lines.remove_prefix(end);
    }
    return {};
}

}  // namespace

Result<BusAddress> BusAddress::parse(std::string_view text) {
    BusAddress address;
    std::string_view rest = text;
    if (take_prefix(rest, unix_scheme)) {
        address.kind = Kind::unix_socket;
    } else if (!take_prefix(rest, i2c_scheme) && !rest.starts_with('/')) {
        return invalid(text, "neither i2c: nor unix: nor a path");
    }
    if (address.kind == Kind::linux_i2c) {
        TRYV(take_lines(rest, address));
    }
    if (const std::size_t at = find_target(rest); at != rest.npos) {
        const auto target = parse_target(rest.substr(at + 1));
        if (!target) {
            return invalid(text, "the target after @ is 0x08 to 0x77");
        }
        address.target = *target;
        rest = rest.substr(0, at);
    }
    if (rest.empty() || rest.find('\0') != rest.npos) {
        return invalid(text, "no path");
    }
    if (address.kind == Kind::linux_i2c && !rest.starts_with('/')) {
        return invalid(text, "the path of an I2C bus starts with /");
    }
    // A mistyped option is no part of a device's name.
    if (address.kind == Kind::linux_i2c && rest.find('=', std::min(rest.find(','), rest.size())) != rest.npos) {
        return invalid(text, "at the end stand ,reset=LINE and ,supply=LINE alone");
    }
    if (address.kind == Kind::unix_socket && rest.size() > longest_socket_path) {
        return invalid(text, "a socket's path has at most " + std::to_string(longest_socket_path) + " bytes");
    }
    address.path = rest;
    return address;
}

BusAddress BusAddress::chip() const {
    return {.kind = kind, .path = path, .target = target};
}

std::string BusAddress::text() const {
    const std::string_view scheme = kind == Kind::linux_i2c ? i2c_scheme : unix_scheme;
    auto text = std::string{scheme}.append(path).append("@0x").append(to_hex({&target, 1}));
    if (reset_line) {
        text.append(reset_option).append(reset_line->text());
    }
    if (supply_line) {
        text.append(supply_option).append(supply_line->text());
    }
    return text;
}

}  // namespace trustx
