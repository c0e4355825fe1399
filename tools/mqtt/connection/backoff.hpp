// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next connection attempt: exponential back-off with full jitter, as AWS IoT asks of its
// clients (aws-iot.md section 2.1). Time and randomness come from the caller, so the schedule can be tested.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

namespace trustx::mqtt {

class Backoff {
 public:
    using Duration = std::chrono::milliseconds;
    using TimePoint = std::chrono::steady_clock::time_point;

    struct Limits {
        Duration base{std::chrono::seconds{1}};     // upper bound of the first wait; doubles with every attempt
        Duration cap{std::chrono::seconds{300}};    // upper bound of every wait
        Duration floor{std::chrono::seconds{1}};    // AWS IoT allows one CONNECT per second and client id
        Duration stable{std::chrono::seconds{60}};  // a connection that lasted this long ends the series of failures
    };

    // random gives numbers in [0, 1); it is called once for every wait.
    Backoff(Limits limits, std::function<double()> random);

    // connected: a connection was accepted at that moment.
    void connected(TimePoint now) { connected_since_ = now; }

    // next is the wait after an attempt that failed, or a connection that was lost, at that moment.
    [[nodiscard]] Duration next(TimePoint now);

 private:
    [[nodiscard]] Duration upper_bound() const;

    Limits limits_;
    std::function<double()> random_;
    std::optional<TimePoint> connected_since_;
    unsigned failures_ = 0;  // since the last stable connection
};

}  // namespace trustx::mqtt
