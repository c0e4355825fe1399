// SPDX-License-Identifier: Apache-2.0
// Why firmware is refused, beyond files (InputErrc) and the chip (Errc, ChipError). As with InputErrc, operation() has
// everything that there is to say and what to do about it; the code sorts it.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::firmware {

enum class FirmwareErrc {
    untrusted = 1,  // not signed, signed by somebody else, or not what was signed
    expired = 2,    // a certificate of the signer's chain is not valid today
    altered = 3,    // a file is not the one that the manifest describes
    too_old = 4,    // below the lowest version that is still allowed
};

const std::error_category& firmware_category() noexcept;

inline std::error_code make_error_code(FirmwareErrc code) noexcept {
    return {static_cast<int>(code), firmware_category()};
}

}  // namespace trustx::firmware

template <>
struct std::is_error_code_enum<trustx::firmware::FirmwareErrc> : std::true_type {};
