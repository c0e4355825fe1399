// SPDX-License-Identifier: Apache-2.0
// What ends a provisioning, beyond files (InputErrc) and the chip (Errc, ChipError). As with InputErrc, operation()
// has everything that there is to say and what to do about it; the code sorts it.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::provisioning {

enum class ProvisioningErrc {
    scrap = 1,  // this chip can never become what the recipe says
    busy = 2,   // another process provisions this chip
};

const std::error_category& provisioning_category() noexcept;

inline std::error_code make_error_code(ProvisioningErrc code) noexcept {
    return {static_cast<int>(code), provisioning_category()};
}

}  // namespace trustx::provisioning

template <>
struct std::is_error_code_enum<trustx::provisioning::ProvisioningErrc> : std::true_type {};
