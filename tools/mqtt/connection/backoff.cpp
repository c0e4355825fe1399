// SPDX-License-Identifier: Apache-2.0
#include "connection/backoff.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {

Backoff::Backoff(Limits limits, std::function<double()> random) : limits_{limits}, random_{std::move(random)} {}

Backoff::Duration Backoff::next(TimePoint now) {
    // A broker that accepts and then drops must not bring the series back to its start: "unstable connection" of
    // aws-iot.md section 2.1.
    if (connected_since_ && now - *connected_since_ >= limits_.stable) {
        failures_ = 0;
    }
    connected_since_.reset();

    const auto bound = upper_bound();
    ++failures_;
    const auto drawn = std::chrono::duration_cast<Duration>(random_() * bound);
    return std::max(limits_.floor, drawn);
}

Backoff::Duration Backoff::upper_bound() const {
    auto bound = limits_.base;
    for (unsigned n = 0; n < failures_ && bound < limits_.cap; ++n) {
        bound *= 2;
    }
    return std::min(bound, limits_.cap);
}

}  // namespace trustx::mqtt
