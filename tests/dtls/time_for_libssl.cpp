// SPDX-License-Identifier: Apache-2.0
#include "time_for_libssl.hpp"

#include <atomic>
#include <chrono>

#include <sys/time.h>
#include <time.h>

namespace {

std::atomic<const trustx::Clock*> time_of_libssl{nullptr};

}  // namespace

// libssl's timers ask this function, and find the program's before the system's.
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* __restrict now,
                                                                   void* __restrict /*zone*/) noexcept {
    timespec real{};
    ::clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec;
    now->tv_usec = real.tv_nsec / 1000;
    if (const auto* clock = time_of_libssl.load()) {
        const auto virtual_time =
            std::chrono::duration_cast<std::chrono::microseconds>(clock->now().time_since_epoch()).count();
        now->tv_sec = virtual_time / 1'000'000;
        now->tv_usec = virtual_time % 1'000'000;
    }
    return 0;
}

namespace trustx::test {

TimeForLibssl::TimeForLibssl(const Clock& clock) {
    time_of_libssl = &clock;
}

TimeForLibssl::~TimeForLibssl() {
    time_of_libssl = nullptr;
}

}  // namespace trustx::test
