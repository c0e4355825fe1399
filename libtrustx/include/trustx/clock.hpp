// SPDX-License-Identifier: Apache-2.0
// Time: everything in libtrustx that waits asks a Clock, so that tests run on a virtual one.
#pragma once

#include <trustx/export.hpp>

#include <chrono>

namespace trustx {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Clock tells the time and sleeps. Implementations may be used from several threads at once.
class TRUSTX_EXPORT Clock {
 public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
    virtual void sleep_until(TimePoint wake) = 0;

    void sleep_for(Duration duration) { sleep_until(now() + duration); }
};

// SystemClock is the operating system's monotonic clock.
class TRUSTX_EXPORT SystemClock final : public Clock {
 public:
    [[nodiscard]] TimePoint now() const override;
    void sleep_until(TimePoint wake) override;
};

// Deadline is the moment after which a caller no longer wants an answer. It is passed down the whole stack by value.
struct Deadline {
    TimePoint at;

    static Deadline after(const Clock& clock, Duration duration) { return {clock.now() + duration}; }
    [[nodiscard]] bool passed(const Clock& clock) const { return clock.now() >= at; }
    [[nodiscard]] Duration left(const Clock& clock) const {
        const auto now = clock.now();
        return now >= at ? Duration::zero() : at - now;
    }
};

}  // namespace trustx
