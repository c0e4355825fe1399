// SPDX-License-Identifier: Apache-2.0
#include "common/files/hex_input.hpp"

#include "common/files/input_error.hpp"

#include <cctype>

namespace trustx::files {
namespace {

unsigned digit_value(std::uint8_t digit) {
    return digit <= '9' ? digit - unsigned{'0'} : (digit | 0x20U) - unsigned{'a'} + 10U;
}

}  // namespace

Result<Bytes> parse_hex(ByteView text, const std::string& name) {
    Bytes bytes;
    unsigned value = 0;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::isspace(text[i]) != 0) {
            continue;
        }
        if (std::isxdigit(text[i]) == 0) {
            return fail(InputErrc::malformed, name + ": byte " + std::to_string(i + 1) + " is no hexadecimal digit");
        }
        value = value << 4 | digit_value(text[i]);
        if (++digits % 2 == 0) {
            bytes.push_back(static_cast<std::uint8_t>(value & 0xFF));
        }
    }
    if (digits % 2 != 0) {
        return fail(InputErrc::malformed, name + ": an odd number of hexadecimal digits");
    }
    return bytes;
}

}  // namespace trustx::files
