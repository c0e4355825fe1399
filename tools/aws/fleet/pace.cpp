// SPDX-License-Identifier: Apache-2.0
#include "aws/fleet/pace.hpp"

#include <algorithm>
#include <chrono>

namespace trustx::aws {

Pace::Pace(Clock& clock, double per_second)
    : clock_{clock}, interval_{std::chrono::duration_cast<Duration>(std::chrono::duration<double>{1.0 / per_second})} {}

void Pace::wait_for(std::string_view operation) {
    auto& next = next_[operation];
    if (next > clock_.now()) {
        clock_.sleep_until(next);
    }
    next = std::max(next, clock_.now()) + interval_;
}

}  // namespace trustx::aws
