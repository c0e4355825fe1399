// SPDX-License-Identifier: Apache-2.0
// What hinders issuing and judging certificates, beyond files and keys (InputErrc) and the chip (Errc, ChipError). As
// with InputErrc, operation() has everything that there is to say and what to do about it; the code sorts it.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::pki {

enum class PkiErrc {
    clock_wrong = 1,  // this computer's, so that certificates seem, or would be, not valid
};

const std::error_category& pki_category() noexcept;

inline std::error_code make_error_code(PkiErrc code) noexcept {
    return {static_cast<int>(code), pki_category()};
}

}  // namespace trustx::pki

template <>
struct std::is_error_code_enum<trustx::pki::PkiErrc> : std::true_type {};
