// SPDX-License-Identifier: Apache-2.0
// What the processes of the stress run share: the work to do and what became of it. Lies in a memory file, so that a
// killed process loses nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace trustx::test {

enum class Work : std::uint32_t { sign, read, write, random, tls, openssl, count };
constexpr std::array<const char*, static_cast<std::size_t>(Work::count)> work_names{
    "signature", "read", "write", "random", "TLS handshake", "openssl"};

enum class End : std::uint32_t { right, clear_error, wrong, count };

struct StressShared {
    // Set before the workers start.
    std::uint32_t total = 0;
    std::uint32_t only_direct = 0;  // no TLS, no openssl: for measuring the lock alone
    std::uint64_t seed = 0;

    // Each operation takes a ticket.
    std::atomic<std::uint32_t> next_ticket{0};
    std::atomic<std::uint32_t> ended{0};
    std::array<std::array<std::atomic<std::uint32_t>, static_cast<std::size_t>(End::count)>,
               static_cast<std::size_t>(Work::count)>
        ends{};

    std::atomic<std::uint64_t> waits_us{0};
    std::atomic<std::uint64_t> longest_wait_us{0};
    std::atomic<std::uint64_t> holds_us{0};
    std::atomic<std::uint32_t> locks{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline void raise_to(std::atomic<std::uint64_t>& maximum, std::uint64_t value) {
    auto seen = maximum.load();
    while (value > seen && !maximum.compare_exchange_weak(seen, value)) {
    }
}

}  // namespace trustx::test
