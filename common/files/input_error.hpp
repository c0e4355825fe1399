// SPDX-License-Identifier: Apache-2.0
// What is wrong with what a user gives: command lines, files, certificates, keys. An Error with one of these codes
// has everything that there is to say, and what to do about it, in its operation(); the code sorts it and adds no text.
// Each program decides how it ends on which code.
#pragma once

#include <trustx/result.hpp>

#include <string>
#include <system_error>

namespace trustx {

enum class InputErrc {
    usage = 1,          // a command line or setting that cannot be used
    refused = 2,        // valid, but not done: something would be lost
    unreadable = 3,     // a file that cannot be read
    unwritable = 4,     // a file that cannot be written
    malformed = 5,      // a file that does not hold what it should
    key_mismatch = 6,   // two keys that should be one, or the chips that hold them
    check_failed = 7,   // another check of things that should belong together
    nothing_there = 8,  // an empty object, a slot without key
    chip_failed = 9,    // the chip could not be used by what is in between, such as OpenSSL
    revoked = 10,       // a certificate that its authority has taken back
    not_listed = 11,    // no list, or none that can be relied on, says whether a certificate was taken back
};

const std::error_category& input_category() noexcept;

inline std::error_code make_error_code(InputErrc code) noexcept {
    return {static_cast<int>(code), input_category()};
}

}  // namespace trustx

template <>
struct std::is_error_code_enum<trustx::InputErrc> : std::true_type {};
