// SPDX-License-Identifier: Apache-2.0
// How near a chip is to delaying private key operations. Each use of a private key beyond one in five seconds raises
// the chip's security event counter; from 128 on the chip delays them, at 255 by five seconds each (chip-objects.md
// section 9). The counter is read along with the first signature and again now and then, so that a warning comes before
// the delay does.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/device.hpp>
#include <trustx/object_id.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace trustx::provider {

// SecurityWatch belongs to one chip. look and count_use are called under the lock of the chip; what it knows may be
// asked for by any thread at any time.
class SecurityWatch {
 public:
    // look reads the counter where the last reading is too old, or too many uses ago, to rely on, and leaves a note in
    // the trace when the chip is about to delay them. A counter that cannot be read stops no signature.
    void look(LockedDevice& device);

    void count_use(ObjectId key) noexcept;

    // uses are those of this process; counter is the chip's, when last seen.
    [[nodiscard]] std::uint64_t uses() const noexcept { return uses_.load(); }
    [[nodiscard]] std::optional<std::uint8_t> counter() const noexcept;

    // explanation says how the chip's delay bears on a failure; empty while the chip is not near to delaying.
    [[nodiscard]] std::string explanation() const;

 private:
    static constexpr int unknown = -1;

    [[nodiscard]] bool is_due() const;

    SystemClock clock_;
    std::atomic<std::uint64_t> uses_ = 0;
    std::atomic<int> counter_ = unknown;
    std::uint64_t uses_when_read_ = 0;
    std::optional<TimePoint> read_at_;
};

}  // namespace trustx::provider
