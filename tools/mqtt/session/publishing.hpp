// SPDX-License-Identifier: Apache-2.0
// What a session publishes: how many messages are in flight, how fast they leave, which are too large for the broker,
// and the one for which it ends connections.
#pragma once

#include "connection/connection.hpp"
#include "connection/events.hpp"
#include "limits/publish_rate.hpp"
#include "session/application.hpp"
#include "session/culprit.hpp"
#include "session/observer.hpp"
#include "session/poll.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

class Publishing {
 public:
    using TimePoint = Poll::TimePoint;

    // All of it must outlive the object.
    struct Parts {
        Connection& connection;
        Application& application;
        Poll& poll;
        Counters& counters;
        std::size_t max_in_flight;        // messages
        std::chrono::seconds keep_alive;  // of the connections
        bool aws;                         // AWS IoT's limits hold, its rate, too
    };

    // How a connection ended. unrelated: for a reason that has nothing to do with messages; closed: by the network or
    // the broker, which gave no reason; refused: by the broker, for what was done on it.
    enum class End : std::uint8_t { unrelated, closed, refused };

    explicit Publishing(Parts parts) : parts_{parts} {}

    // connected: a connection begins, on which the broker takes that much.
    void connected(const Connected& event);
    // attempt_failed: there was no connection.
    void attempt_failed() { culprit_.interrupted(); }
    // send publishes what the application has, as much as may be in flight.
    void send();
    void on(const PublishEnded& event);
    // ended: the connection ended, which had hardly begun or not. The application gets back what was in flight. true: a
    // message on it may be why, and the session can go on without that one.
    bool ended(End end, bool young);

    [[nodiscard]] bool in_flight() const { return !in_flight_.empty(); }
    [[nodiscard]] std::optional<TimePoint> wakes_at() const;
    // overdue is for how long no acknowledgement has come that one should have; nothing: all is well.
    [[nodiscard]] std::optional<std::chrono::seconds> overdue() const;
    // topics_on_their_way is for people: "; on their way were messages on a, b", or nothing.
    [[nodiscard]] std::string topics_on_their_way() const;

 private:
    struct Sent {
        std::uint64_t id;  // the application's
        std::string topic;
        std::size_t bytes;  // of the payload
    };

    [[nodiscard]] TimePoint now() const { return parts_.poll.now(); }
    [[nodiscard]] bool may_send() const;
    void take(OutgoingMessage message);
    void publish(OutgoingMessage message);
    void drop(const OutgoingMessage& message, const std::string& why);
    [[nodiscard]] std::optional<std::string> excess_of(const OutgoingMessage& message) const;
    void keep_rate(std::size_t bytes);
    void expect_acknowledgement();
    void note_delivery(std::uint64_t id);
    void judge_in_silence();
    void set_aside_withheld();
    void give_back_withheld();
    bool others_wait();
    bool suspect(End end, bool young);
    [[nodiscard]] Culprit::Ids on_their_way() const;

    Parts parts_;
    std::size_t window_ = 0;  // messages in flight that program and broker allow
    // The broker took a message on this connection. Until then one is in flight: if the broker ends the connection for
    // it, it is known which.
    bool proven_ = false;
    std::size_t maximum_packet_ = 0;       // bytes that the broker takes
    PublishRate rate_{{}};                 // AWS IoT's
    std::optional<TimePoint> not_before_;  // to keep the rate, or after a message that the broker has no room for
    TimePoint last_sent_{};
    std::optional<TimePoint> expected_from_;  // that acknowledgements are waited for, since the last one
    std::optional<TimePoint> expected_by_;    // and until when
    // Messages on their way, by the ticket under which Paho knows each. A message that is published again has another
    // ticket: what Paho says late about the first time does not count for the second.
    std::map<std::uint64_t, Sent> in_flight_;
    // Those that Paho gave back on this connection, which it does before it tells that the connection is lost.
    std::vector<Sent> given_back_;
    std::uint64_t last_ticket_ = 0;
    Culprit culprit_;
    // Accused, and in flight for the application; not sent on this connection, which shows whether it holds without
    // them.
    std::vector<Sent> withheld_;
    std::optional<TimePoint> judged_at_;  // if the connection holds so long without anything else to send
};

}  // namespace trustx::mqtt
