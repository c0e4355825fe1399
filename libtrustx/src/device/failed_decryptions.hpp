// SPDX-License-Identifier: Apache-2.0
// When the chip failed to decrypt records: each failure raises its security event counter, which delays every use of
// every key (chip-objects.md section 9), and anybody can send such records. The counter is the chip's, so this is one
// account for all connections of all processes, kept in the lock file.
#pragma once

#include <trustx/clock.hpp>

#include <array>
#include <chrono>
#include <cstdint>

namespace trustx {

class FailedDecryptions {
 public:
    static constexpr std::chrono::minutes period{1};

    // Entry is some failures at about one time: the lower 32 bits of the steady clock's milliseconds, which the
    // processes of a machine share, but for those in a time namespace of their own. No failures: no entry.
    struct Entry {
        std::uint32_t at = 0;
        std::uint32_t failures = 0;
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    // As many as the chip forgives in a minute by itself.
    using Entries = std::array<Entry, 12>;

    FailedDecryptions() = default;
    explicit FailedDecryptions(const Entries& entries) : entries_{entries} {}
    [[nodiscard]] const Entries& entries() const noexcept { return entries_; }

    // note adds a failure. Where there is no room for another time, the last failures count as if they were of now,
    // too: there may be fewer than allowed then, never more.
    void note(TimePoint now) noexcept;

    // pause is how long no record may be decrypted, so that in any period no more than `most` fail; at least 1.
    // Whatever the entries say it is not longer than the period, and a second.
    [[nodiscard]] Duration pause(unsigned most, TimePoint now) const noexcept;

 private:
    Entries entries_{};
};

}  // namespace trustx
