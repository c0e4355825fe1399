// SPDX-License-Identifier: Apache-2.0
// One virtual time for the host and the simulated chip: when either waits, both have waited.
#pragma once

#include "model/base/clock.hpp"  // of the simulator

#include <trustx/clock.hpp>

namespace trustx::test {

class VirtualTime final : public Clock {
 public:
    [[nodiscard]] TimePoint now() const override { return now_; }
    void sleep_until(TimePoint wake) override { now_ = wake > now_ ? wake : now_; }
    void pass(Duration duration) { now_ += duration; }

    // for_chip is the same time as the simulator counts it.
    [[nodiscard]] const sim::Clock& for_chip() const { return chip_; }

 private:
    class ChipClock final : public sim::Clock {
     public:
        explicit ChipClock(const VirtualTime& time) : time_{time} {}
        [[nodiscard]] sim::Time now() const override { return time_.now().time_since_epoch(); }

     private:
        const VirtualTime& time_;
    };

    TimePoint now_{std::chrono::hours{1}};
    ChipClock chip_{*this};
};

}  // namespace trustx::test
