// SPDX-License-Identifier: Apache-2.0
// A clock on which a timeout of two seconds takes no time.
#pragma once

#include <trustx/clock.hpp>

namespace trustx::test {

class VirtualClock final : public Clock {
 public:
    [[nodiscard]] TimePoint now() const override { return now_; }
    void sleep_until(TimePoint wake) override {
        if (wake > now_) {
            now_ = wake;
        }
    }
    void advance(Duration duration) { now_ += duration; }
    [[nodiscard]] Deadline in(Duration duration) const { return {now_ + duration}; }

 private:
    TimePoint now_{std::chrono::hours{1}};
};

}  // namespace trustx::test
