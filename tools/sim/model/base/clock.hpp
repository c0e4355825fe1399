// SPDX-License-Identifier: Apache-2.0
// The chip's time. The model only asks what time it is and never waits, so a test can give it a clock that stands still
// until it is advanced.
#pragma once

#include <chrono>

namespace trustx::sim {

using Duration = std::chrono::nanoseconds;
// Time counts from some fixed moment before the chip was powered.
using Time = std::chrono::nanoseconds;

class Clock {
 public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Time now() const = 0;
};

// VirtualClock moves only when it is advanced.
class VirtualClock final : public Clock {
 public:
    [[nodiscard]] Time now() const override { return now_; }
    void advance(Duration by) { now_ += by; }

 private:
    Time now_{0};
};

// ShiftedClock is another clock, ahead by a time that can be set: for what happens later than its transfer began.
class ShiftedClock final : public Clock {
 public:
    // The other clock outlives this.
    explicit ShiftedClock(const Clock& clock) : clock_{clock} {}
    [[nodiscard]] Time now() const override { return clock_.now() + shift_; }
    void shift(Duration by) { shift_ = by; }

 private:
    const Clock& clock_;
    Duration shift_{0};
};

}  // namespace trustx::sim
