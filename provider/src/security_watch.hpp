// SPDX-License-Identifier: Apache-2.0
// How near a chip is to delaying private key operations. Each use of a private key beyond one in five seconds raises
// the chip's security event counter; from 128 on the chip delays them, at 255 by five seconds each (chip-objects.md
// section 9). The counter is read where it can matter, so that a warning comes before the delay does; a single use does
// not wait for that.
#pragma once

#include <trustx/device.hpp>
#include <trustx/object_id.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace trustx::provider {

// SecurityWatch belongs to one chip. What it knows may be asked for by any thread at any time.
class SecurityWatch {
 public:
    explicit SecurityWatch(std::chrono::milliseconds command_timeout) : command_timeout_{command_timeout} {}

    // before_use counts a use of a private key. Before that it reads the counter where it can matter, and leaves a note
    // in the trace when the chip is about to delay them. A counter that cannot be read stops no signature.
    void before_use(LockedDevice& device, ObjectId key);

    // uses are those of this process; counter is the chip's, when last seen.
    [[nodiscard]] std::uint64_t uses() const noexcept { return uses_.load(); }
    [[nodiscard]] std::optional<std::uint8_t> counter() const noexcept;

    // explanation says how the chip's delay bears on a failure; empty while the chip is not near to delaying.
    [[nodiscard]] std::string explanation() const;

 private:
    static constexpr int unknown = -1;

    [[nodiscard]] bool is_due(const SecurityEvents& events) const;
    void read(LockedDevice& device);

    std::chrono::milliseconds command_timeout_;
    std::atomic<std::uint64_t> uses_ = 0;
    std::atomic<int> counter_ = unknown;
};

}  // namespace trustx::provider
