// SPDX-License-Identifier: Apache-2.0
#include "common/io/time_structs.hpp"

#include <trustx/clock.hpp>

#include <cerrno>
#include <ctime>

namespace trustx {
namespace {

constexpr Duration spin_limit = std::chrono::microseconds{60};

}  // namespace

TimePoint SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

void SystemClock::sleep_until(TimePoint wake) {
    // The kernel lets threads sleep 50 us longer than they ask for (timer slack, prctl(2)), and to wake one takes some
    // more: a guard time of 50 us would take 108 us. What is shorter than that is a busy wait; docs/performance.md has
    // the figures.
    if (wake - now() <= spin_limit) {
        while (now() < wake) {
        }
        return;
    }
    // clock_nanosleep on an absolute time: an interrupted sleep is resumed without becoming longer.
    const timespec until = io::to_timespec(wake.time_since_epoch());
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
}

}  // namespace trustx
