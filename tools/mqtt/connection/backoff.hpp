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
        // After another client with the same id took the connection over: the first wait, which doubles with every
        // time, and the longest one. Whoever comes back at once takes it over in turn, and so on without end.
        Duration aside{std::chrono::minutes{1}};
        Duration aside_cap{std::chrono::hours{1}};
        Duration undisturbed{std::chrono::hours{2}};  // a connection that lasted this long ends that series
    };

    // random gives numbers in [0, 1); it is called once for every wait.
    Backoff(Limits limits, std::function<double()> random);

    // connected: a connection was accepted at that moment.
    void connected(TimePoint now) { connected_since_ = now; }

    // age is for how long there has been a connection; the longest duration where there is none.
    [[nodiscard]] Duration age(TimePoint now) const;

    // next is the wait after an attempt that failed, or a connection that was lost, at that moment.
    [[nodiscard]] Duration next(TimePoint now);

    // stand_aside is the wait after the connection was taken over at that moment.
    [[nodiscard]] Duration stand_aside(TimePoint now);

 private:
    // lasted tells whether there was a connection, and it lived so long.
    [[nodiscard]] bool lasted(Duration duration, TimePoint now) const;

    Limits limits_;
    std::function<double()> random_;
    std::optional<TimePoint> connected_since_;
    unsigned failures_ = 0;    // since the last stable connection
    unsigned taken_over_ = 0;  // since the last undisturbed one
};

}  // namespace trustx::mqtt
