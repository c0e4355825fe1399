// SPDX-License-Identifier: Apache-2.0
// How many records the chip may fail to decrypt: each raises its security event counter, from 128 on it delays every
// use of every key (chip-objects.md section 9), and anybody can send such records.
#pragma once

#include <trustx/clock.hpp>

#include <chrono>
#include <deque>

namespace trustx::dtls {

class DecryptionBudget {
 public:
    static constexpr std::chrono::minutes period{1};

    explicit DecryptionBudget(unsigned failures) : failures_{failures} {}

    void note_failure(TimePoint now) {
        recent_.push_back(now);
        if (recent_.size() > failures_) {
            recent_.pop_front();
        }
    }

    // free_at is when the chip may be asked again: in the past where it may now.
    [[nodiscard]] TimePoint free_at() const noexcept {
        return recent_.size() < failures_ ? TimePoint::min() : recent_.front() + period;
    }

 private:
    unsigned failures_;
    std::deque<TimePoint> recent_;
};

}  // namespace trustx::dtls
