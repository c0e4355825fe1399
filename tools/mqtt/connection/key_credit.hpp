// SPDX-License-Identifier: Apache-2.0
// How often the key in the chip may be used: once in five seconds in the long run; beyond that the chip's security
// monitor slows down every program on it (chip-objects.md section 9). Connections that are made within this allowance
// never get it there, whatever brokers and networks do.
#pragma once

#include <chrono>

namespace trustx::mqtt {

class KeyCredit {
 public:
    using Duration = std::chrono::milliseconds;
    using TimePoint = std::chrono::steady_clock::time_point;

    struct Limits {
        Duration interval{std::chrono::milliseconds{5250}};  // five seconds, and the chip's tolerance of 5 %
        unsigned burst = 10;                                 // uses without a wait after a long time without any
    };

    explicit KeyCredit(Limits limits) : limits_{limits} {}

    // used: the key was used, or may have been, at that moment.
    void used(TimePoint now);

    // wait is how long to wait from that moment before the next use; zero: none.
    [[nodiscard]] Duration wait(TimePoint now) const;

 private:
    Limits limits_;
    TimePoint paid_until_{};  // all uses so far, an interval each, begun when there was credit
};

}  // namespace trustx::mqtt
