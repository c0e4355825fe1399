// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <sys/random.h>

namespace trustx {

// random_number tells users of shared things apart; it is no secret. The system's generator cannot fail for 8 bytes
// (getrandom(2)).
inline std::uint64_t random_number() noexcept {
    std::uint64_t value = 0;
    [[maybe_unused]] const auto size = ::getrandom(&value, sizeof value, 0);
    return value;
}

}  // namespace trustx
