// SPDX-License-Identifier: Apache-2.0
// When a session connects, and why an attempt failed: the pauses of the back-off, the credit of the key in the chip,
// and the probes that find out what Paho does not tell.
#pragma once

#include "connection/backoff.hpp"
#include "connection/connection.hpp"
#include "connection/events.hpp"
#include "connection/explain.hpp"
#include "connection/key_credit.hpp"
#include "connection/probe.hpp"
#include "session/observer.hpp"
#include "session/poll.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace trustx::mqtt {

class Attempts {
 public:
    using TimePoint = Poll::TimePoint;
    // Probe finds out why an attempt failed, in that time; it may use the key.
    using Probe = std::function<ProbeResult(const ProbeTarget&, std::chrono::milliseconds)>;

    // What is a reference must outlive the object.
    struct Parts {
        const ConnectionSettings& settings;  // may change between attempts
        const Addressee& broker;
        Backoff& backoff;
        KeyCredit& credit;
        Poll& poll;
        Counters& counters;
        Probe probe;
    };

    explicit Attempts(Parts parts);

    // due_at is when the next one may begin, ends_by when the one that goes on is over unless something is wrong.
    [[nodiscard]] TimePoint due_at() const { return due_at_; }
    [[nodiscard]] std::optional<TimePoint> ends_by() const { return ends_by_; }

    void begin();
    void succeeded();
    // failed says why.
    Error failed(const ConnectFailed& event);
    // failures: so many attempts in a row.
    [[nodiscard]] unsigned failures() const { return failures_; }
    [[nodiscard]] bool ever_succeeded() const { return ever_succeeded_; }

    // young: the last connection was ended so soon after it was accepted that the broker has probably done it.
    [[nodiscard]] bool young() const;

    // What comes before the next attempt, from now on: a pause, which grows; a long one, after another client with the
    // same id has taken over; no more than the key needs, for whoever left the connection himself, or wants a new one.
    void pause();
    void stand_aside();
    void only_spare_the_key();
    // sooner ends a pause that goes on.
    void sooner();

 private:
    [[nodiscard]] TimePoint now() const { return parts_.poll.now(); }
    [[nodiscard]] Error explanation_of(const ConnectFailed& failure);
    [[nodiscard]] std::optional<Error> proxy_failure();
    [[nodiscard]] Probes probes();
    void note_key_use();
    void wait(Backoff::Duration duration);

    Parts parts_;
    TimePoint due_at_;
    std::optional<TimePoint> ends_by_;
    unsigned failures_ = 0;
    bool ever_succeeded_ = false;
};

}  // namespace trustx::mqtt
