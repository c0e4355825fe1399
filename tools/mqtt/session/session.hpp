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
#include "session/application.hpp"
#include "session/attempts.hpp"
#include "session/exit_code.hpp"
#include "session/incident.hpp"
#include "session/observer.hpp"
#include "session/poll.hpp"
#include "session/publishing.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
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
        Attempts::Probe probe;
        // reload gives the settings with the credentials that are there now.
        std::function<Result<ConnectionSettings>()> reload;
    };

    explicit Session(Parts parts);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

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
    [[nodiscard]] TimePoint now() const { return parts_.poll.now(); }

    void on(const Connected& event);
    void on(const ConnectFailed& event);
    void on(const ConnectionLost& event);
    void on(const ProtocolBroken& event);
    void on(const MessageArrived& event);
    void on(const PublishEnded& event) { publishing_.on(event); }
    void on(const SubscribeEnded& event);

    [[nodiscard]] bool is_there() const { return state_ == State::connected || state_ == State::subscribing; }
    [[nodiscard]] bool publishes() const { return state_ == State::connected && !reload_at_; }
    [[nodiscard]] std::string on_the_way() const;
    void subscribe_next();
    void refused_by_broker(ReasonCode reason);
    void lost(const std::string& what, std::optional<ReasonCode> reason);
    void give_up(const std::string& what, ReasonCode reason);
    void leave();
    bool end_connection(Publishing::End how);
    void say_next_attempt() const;

    void begin_reload();
    void continue_reload();

    void check_application();
    void check_time();
    void check_deadline();
    void show();
    void end(ExitCode code);
    void fail(const Error& error, std::optional<ReasonCode> reason);
    // log says what happened to the connection, as an incident.
    void log(Incident::Kind kind, std::optional<ReasonCode> reason, const std::string& words);

    Parts parts_;
    Counters counters_;
    Attempts attempts_;
    Publishing publishing_;
    State state_ = State::waiting;
    std::optional<TimePoint> deadline_;       // of everything
    std::optional<TimePoint> granted_until_;  // of the answer to a SUBSCRIBE
    std::optional<TimePoint> reload_at_;      // the connection is left then at the latest
    std::optional<ExitCode> over_;
    bool stopping_ = false;
    bool session_present_ = false;
    bool held_up_ = false;              // too much waits to be written: no connection before it is
    std::vector<Subscription> to_ask_;  // not granted yet, on this connection
    std::vector<Subscription> asked_;   // the SUBSCRIBE that is on its way
    // What the broker has granted to this process in its session. That it has a session does not say for which filters.
    std::vector<Subscription> granted_;
};

}  // namespace trustx::mqtt
