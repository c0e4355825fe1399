// SPDX-License-Identifier: Apache-2.0
#include <trustx/clock.hpp>

#include <cerrno>
#include <ctime>

namespace trustx {

TimePoint SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

void SystemClock::sleep_until(TimePoint wake) {
    // clock_nanosleep on an absolute time: an interrupted sleep goes on without becoming longer.
    const auto since_epoch = wake.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
    timespec until{};
    until.tv_sec = static_cast<time_t>(seconds.count());
    until.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since_epoch - seconds).count());
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
}

}  // namespace trustx
