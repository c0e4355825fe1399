// SPDX-License-Identifier: Apache-2.0
#include "chip/security_credit.hpp"

#include <algorithm>

namespace trustx::cli {
namespace {

// Both bounds take the tolerance of tmax, 5 %, to the side on which they stay true.
constexpr std::chrono::milliseconds shortest_tmax = std::chrono::milliseconds{SecurityEventCounter::tmax} * 95 / 100;
constexpr std::chrono::milliseconds longest_tmax = std::chrono::milliseconds{SecurityEventCounter::tmax} * 105 / 100;

int periods(std::chrono::steady_clock::duration time, std::chrono::milliseconds period) {
    return static_cast<int>(std::min<std::chrono::steady_clock::rep>(time / period, SecurityCredit::most));
}

}  // namespace

void SecurityCredit::see(SecurityEventCounter counter, std::chrono::steady_clock::time_point now) {
    if (counter.value > 0) {
        last_above_zero_ = now;
        idle_since_.reset();
        at_most_ = 0;
        if_idle_ = 0;
        return;
    }
    if (!idle_since_) {
        idle_since_ = now;
    }
    // The counter may have reached zero right after the last reading above it.
    at_most_ = last_above_zero_ ? periods(now - *last_above_zero_, shortest_tmax) : most;
    if_idle_ = periods(now - *idle_since_, longest_tmax);
}

}  // namespace trustx::cli
