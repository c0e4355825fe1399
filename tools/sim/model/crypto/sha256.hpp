// SPDX-License-Identifier: Apache-2.0
// SHA-256 whose running state can be taken out and put back, which CalcHash needs (chip-commands.md section 6.7) and
// libcrypto does not offer.
#pragma once

#include "model/base/bytes.hpp"

#include <array>

namespace trustx::sim {

class Sha256 {
 public:
    using Digest = std::array<std::uint8_t, 32>;

    void update(ByteView message);
    // finish returns the digest of everything so far and leaves the running state as it is.
    [[nodiscard]] Digest finish() const;

    // save yields 104 bytes that restore turns into the same running state again.
    static constexpr std::size_t saved_size = 104;
    [[nodiscard]] Bytes save() const;
    static Sha256 restore(ByteView saved);

    static Digest of(ByteView message);

 private:
    void block(const std::uint8_t* bytes);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> buffer_{};
    std::uint64_t length_ = 0;
};

}  // namespace trustx::sim
