// SPDX-License-Identifier: Apache-2.0
#include "device/local_claims.hpp"

#include "device/fork_generation.hpp"

#include <array>
#include <cstddef>

namespace trustx {
namespace {

constexpr std::uint64_t bits_mask = 0xFFFFFFFF;

// Never destroyed: programs may end in any order.
constinit std::array<LocalClaims, 64> all{};

std::uint64_t bit_of(int index) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(index);
}

// bits_now are those that this process set, not the one it was forked from.
std::uint64_t bits_now(std::uint64_t word) noexcept {
    return word >> 32U == fork_generation() ? word & bits_mask : 0;
}

}  // namespace

LocalClaims& LocalClaims::of(ino_t inode) noexcept {
    return all[static_cast<std::size_t>(inode % all.size())];
}

bool LocalClaims::claim_session(int index) noexcept {
    auto seen = sessions_.load();
    for (;;) {
        const auto bits = bits_now(seen);
        if ((bits & bit_of(index)) != 0) {
            return false;
        }
        const auto wanted = std::uint64_t{fork_generation()} << 32U | bits | bit_of(index);
        if (sessions_.compare_exchange_weak(seen, wanted)) {
            return true;
        }
    }
}

void LocalClaims::release_session(int index) noexcept {
    auto seen = sessions_.load();
    while (!sessions_.compare_exchange_weak(
        seen, std::uint64_t{fork_generation()} << 32U | (bits_now(seen) & ~bit_of(index)))) {
    }
}

bool LocalClaims::has_session(int index) const noexcept {
    return (bits_now(sessions_.load()) & bit_of(index)) != 0;
}

bool LocalClaims::any_session() const noexcept {
    return bits_now(sessions_.load()) != 0;
}

}  // namespace trustx
