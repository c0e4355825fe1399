// SPDX-License-Identifier: Apache-2.0
#include "connection/backoff.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {
namespace {

// doubled is a duration that doubles so many times, up to a cap.
Backoff::Duration doubled(Backoff::Duration from, unsigned times, Backoff::Duration cap) {
    auto bound = from;
    for (unsigned n = 0; n < times && bound < cap; ++n) {
        bound *= 2;
    }
    return std::min(bound, cap);
}

}  // namespace

Backoff::Backoff(Limits limits, std::function<double()> random) : limits_{limits}, random_{std::move(random)} {}

Backoff::Duration Backoff::next(TimePoint now) {
    // A broker that accepts and then drops must not bring the series back to its start: "unstable connection" of
    // aws-iot.md section 2.1.
    if (lasted(limits_.stable, now)) {
        failures_ = 0;
    }
    connected_since_.reset();

    const auto bound = doubled(limits_.base, failures_++, limits_.cap);
    const auto drawn = std::chrono::duration_cast<Duration>(random_() * bound);
    return std::max(limits_.floor, drawn);
}

Backoff::Duration Backoff::stand_aside(TimePoint now) {
    if (lasted(limits_.undisturbed, now)) {
        taken_over_ = 0;
    }
    connected_since_.reset();

    // The upper half of the range: two clients of the same kind are to meet rarely.
    const auto bound = doubled(limits_.aside, taken_over_++, limits_.aside_cap);
    return std::chrono::duration_cast<Duration>((0.5 + random_() / 2) * bound);
}

Backoff::Duration Backoff::age(TimePoint now) const {
    return connected_since_ ? std::chrono::duration_cast<Duration>(now - *connected_since_) : Duration::max();
}

bool Backoff::lasted(Duration duration, TimePoint now) const {
    return connected_since_ && now - *connected_since_ >= duration;
}

}  // namespace trustx::mqtt
