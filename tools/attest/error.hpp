// SPDX-License-Identifier: Apache-2.0
// What is wrong with evidence, beyond files (InputErrc). As with InputErrc, operation() has everything that there is to
// say; the code sorts it, and each has an exit code of its own.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::attest {

enum class AttestErrc {
    forged = 1,      // the signature is not that of the certificate's key over these claims
    untrusted = 2,   // no chain from the certificate to an authority that is trusted
    not_fresh = 3,   // another nonce, or older than allowed
    log_broken = 4,  // the log of this boot's measurements was changed
    differs = 5,     // genuine, and what was measured is not what it should be
    other_chip = 6,  // genuine, and about another chip
};

const std::error_category& attest_category() noexcept;

inline std::error_code make_error_code(AttestErrc code) noexcept {
    return {static_cast<int>(code), attest_category()};
}

}  // namespace trustx::attest

template <>
struct std::is_error_code_enum<trustx::attest::AttestErrc> : std::true_type {};
