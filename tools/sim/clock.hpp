// SPDX-License-Identifier: Apache-2.0
// Time as the chip sees it. The model only ever asks what time it is and never waits, so a test can hand it a clock
// that stands still until it is told otherwise.
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

// VirtualClock moves when somebody moves it.
class VirtualClock final : public Clock {
 public:
    [[nodiscard]] Time now() const override { return now_; }
    void advance(Duration by) { now_ += by; }

 private:
    Time now_{0};
};

}  // namespace trustx::sim
