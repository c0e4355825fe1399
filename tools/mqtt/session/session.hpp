// SPDX-License-Identifier: Apache-2.0
// Keeps a connection for an Application: connects, subscribes, hands over what arrives, publishes what it has, and
// connects again after a pause when the connection is lost, until the application, time, attempts or the user end it.
// Runs in one thread, which waits for Paho's events, signals, the application's descriptors and the clock at once.
#pragma once

#include "connection/backoff.hpp"
#include "connection/connection.hpp"
#include "connection/events.hpp"
#include "connection/explain.hpp"
#include "connection/key_credit.hpp"
#include "connection/probe.hpp"
#include "limits/publish_rate.hpp"
#include "session/application.hpp"
#include "session/exit_code.hpp"
#include "session/incident.hpp"
#include "session/observer.hpp"
#include "session/poll.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace trustx::mqtt {

// Patience is when a session gives up.
struct Patience {
    unsigned max_attempts = 0;        // failed connection attempts in a row; 0: no end
    std::chrono::seconds timeout{0};  // for everything together; 0: none
};

class Session {
 public:
    // What the session works with; all of it must outlive the session.
    struct Parts {
        ConnectionSettings settings;  // those of the connection
        Addressee broker;
        Connection& connection;
        EventQueue& events;
        Backoff& backoff;
        KeyCredit& credit;
        Application& application;
        Observer& observer;
        Patience patience;
        std::size_t max_in_flight;  // messages
        bool aws;                   // AWS IoT's limits hold, its rate, too
        int signal_fd;              // a signalfd(2): SIGHUP reloads, any other signal ends the session
        Poll& poll;
        // probe finds out why an attempt failed, in that time; it may use the key.
        std::function<ProbeResult(const ProbeTarget&, std::chrono::milliseconds)> probe;
        // reload gives the settings with the credentials that are there now.
        std::function<Result<ConnectionSettings>()> reload;
    };

    explicit Session(Parts parts);

    // run returns when the session is over and the connection closed.
    ExitCode run();

    // in_attempt: the session ended while an attempt was going on, which Paho may not give up soon.
    [[nodiscard]] bool in_attempt() const { return state_ == State::connecting; }

 private:
    using TimePoint = Poll::TimePoint;
    enum class State { waiting, connecting, subscribing, connected };

    void take_turn();
    void start_attempt();
    void wait();
    [[nodiscard]] std::optional<TimePoint> wakes_at() const;
    void read_signal();
    void stop();
    void wake_application();
    void spare_memory();
    bool is_held_up();
    void publish_waiting();
    void publish(OutgoingMessage message);
    void drop(const OutgoingMessage& message, const std::string& why);
    void blame_the_only_one(ReasonCode reason);
    [[nodiscard]] std::optional<std::string> excess_of(const OutgoingMessage& message) const;
    [[nodiscard]] std::string topics_in_flight() const;
    void keep_rate(std::size_t bytes);
    [[nodiscard]] TimePoint now() const { return parts_.poll.now(); }

    void on(const Connected& event);
    void on(const ConnectFailed& event);
    void on(const ConnectionLost& event);
    void on(const MessageArrived& event);
    void on(const PublishEnded& event);
    void on(const SubscribeEnded& event);

    [[nodiscard]] Error explanation_of(const ConnectFailed& failure);
    [[nodiscard]] std::optional<Error> proxy_failure();
    [[nodiscard]] Probes probes();
    void subscribe_next();
    void give_up(const std::string& what, std::optional<ReasonCode> reason);
    void leave_connection();
    void pause(Backoff::Duration wait);
    void note_key_use();

    void begin_reload();
    void continue_reload();

    void check_application();
    void check_time();
    void show();
    void end(ExitCode code);
    void fail(const Error& error, std::optional<ReasonCode> reason);
    // log says what happened to the connection, as an incident.
    void log(Incident::Kind kind, std::optional<ReasonCode> reason, const std::string& words);

    Parts parts_;
    State state_ = State::waiting;
    TimePoint next_attempt_;
    std::optional<TimePoint> deadline_;       // of everything
    std::optional<TimePoint> attempt_until_;  // how an attempt ends is known then
    std::optional<TimePoint> granted_until_;  // of the answer to a SUBSCRIBE
    std::optional<TimePoint> publish_after_;  // to keep the rate, or after a message that the broker has no room for
    std::optional<TimePoint> reload_at_;      // the connection is left then at the latest
    std::optional<ExitCode> over_;
    bool ever_connected_ = false;
    bool stopping_ = false;
    bool session_present_ = false;
    bool held_up_ = false;          // too much waits to be written: no connection before it is
    unsigned failed_attempts_ = 0;  // in a row
    std::size_t window_ = 0;        // messages in flight that program and broker allow
    // The broker took a message on this connection. Until then one is in flight: if the broker ends the connection for
    // it, it is known which.
    bool proven_ = false;
    std::size_t maximum_packet_ = 0;  // bytes that the broker takes
    PublishRate rate_{{}};            // AWS IoT's
    Counters counters_;
    std::vector<Subscription> to_ask_;  // not granted yet, on this connection
    std::vector<Subscription> asked_;   // the SUBSCRIBE that is on its way
    // What the broker has granted to this process in its session. That it has a session does not say for which filters.
    std::vector<Subscription> granted_;
    struct InFlight {
        std::uint64_t id;  // the application's
        std::string topic;
    };
    // Messages on their way, by the ticket under which Paho knows each. A message that is published again has another
    // ticket: what Paho says late about the first time does not count for the second.
    std::map<std::uint64_t, InFlight> in_flight_;
    // Topics of those that Paho gave back on this connection, which it does before it tells that the connection is
    // lost.
    std::set<std::string> given_back_;
    std::uint64_t last_ticket_ = 0;
};

}  // namespace trustx::mqtt
