// SPDX-License-Identifier: Apache-2.0
// Stand-ins for the premaster and master secrets of TLS 1.2 that are in session objects of the chip: what libssl gets
// in place of them, keeps in its sessions and gives back to our KDF (openssl-provider.md section 6.2). A stand-in is as
// long as the secret and has nothing of it. It is known for what it is by anybody, so that none is ever taken for a
// secret, and only what this process made is used.
#pragma once

#include "context.hpp"
#include "outcome.hpp"

#include <trustx/bytes.hpp>

#include <cstdint>
#include <optional>
#include <span>

namespace trustx::provider {

struct StandIn {
    enum class Of : std::uint8_t { premaster = 1, master = 2 };

    std::uint64_t number;  // of the secret (held_sessions.hpp)
    Of of;
    bool ours;  // made by this process
};

// The sizes are those of a premaster secret of P-256 and of one of P-384 or a master secret.
inline constexpr std::size_t smallest_stand_in = 32;
inline constexpr std::size_t largest_stand_in = 48;

// write_stand_in fills all of `out`, of one of these sizes. Error: Reason::software_failed.
[[nodiscard]] Outcome<void> write_stand_in(const ProviderContext& context, std::uint64_t number, StandIn::Of of,
                                           std::span<unsigned char> out);

// read_stand_in gives nothing for what is none.
[[nodiscard]] Outcome<std::optional<StandIn>> read_stand_in(const ProviderContext& context, ByteView secret);

}  // namespace trustx::provider
