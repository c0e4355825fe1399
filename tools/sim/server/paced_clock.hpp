// SPDX-License-Identifier: Apache-2.0
// The clock of a simulator on a socket: real time, real time made faster or slower, or a time
// that passes only with transfers and when it is advanced.
#pragma once

#include "model/base/clock.hpp"
#include "model/base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::sim {

class PacedClock : public Clock {
 public:
    // parse takes "real", "virtual", or how often faster than real as in "10x" and "0.5x". The error is a sentence.
    static Result<std::unique_ptr<PacedClock>> parse(std::string_view text);

    // real_time is how long to wait until this time has passed on the clock.
    [[nodiscard]] virtual Duration real_time(Duration duration) const = 0;
    // spend reports that a transfer took this time: a virtual clock advances, the others do so by themselves.
    virtual void spend(Duration duration) = 0;
    // advance is spend on demand; false for a clock that cannot be moved.
    virtual bool advance(Duration duration) = 0;
    // describe names the clock: "real", "10x", "virtual".
    [[nodiscard]] virtual std::string describe() const = 0;
};

// ScaledClock runs a number of times as fast as real time.
class ScaledClock final : public PacedClock {
 public:
    explicit ScaledClock(double factor = 1) : factor_{factor} {}

    [[nodiscard]] Time now() const override { return begin_ + scaled(steady() - begin_, factor_); }
    [[nodiscard]] Duration real_time(Duration duration) const override { return scaled(duration, 1 / factor_); }
    void spend(Duration /*duration*/) override {}
    bool advance(Duration /*duration*/) override { return false; }
    [[nodiscard]] std::string describe() const override;

 private:
    static Time steady() { return std::chrono::steady_clock::now().time_since_epoch(); }
    static Duration scaled(Duration duration, double factor) {
        return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(duration) * factor);
    }

    double factor_;
    Time begin_ = steady();
};

// SteppedClock stands still between transfers.
class SteppedClock final : public PacedClock {
 public:
    [[nodiscard]] Time now() const override { return now_; }
    [[nodiscard]] Duration real_time(Duration /*duration*/) const override { return Duration::zero(); }
    void spend(Duration duration) override { now_ += duration; }
    bool advance(Duration duration) override {
        spend(duration);
        return true;
    }
    [[nodiscard]] std::string describe() const override { return "virtual"; }

 private:
    Time now_{0};
};

}  // namespace trustx::sim
