// SPDX-License-Identifier: Apache-2.0
// Keeps a connection for an Application: connects, subscribes, hands over what arrives, publishes what it has, and
// connects again after a pause when the connection is lost, until the application, time, attempts or the user end it.
// Runs in one thread, which waits for Paho's events, signals, the application's descriptors and the clock at once.
#pragma once

#include "connection/backoff.hpp"
#include "connection/connection.hpp"
#include "connection/events.hpp"
#include "connection/explain.hpp"
#include "session/application.hpp"
#include "session/exit_code.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace trustx::mqtt {

// Patience is when a session gives up.
struct Patience {
    unsigned max_attempts = 0;        // failed connection attempts in a row; 0: no end
    std::chrono::seconds timeout{0};  // for everything together; 0: none
};

class Session {
 public:
    // At most so many messages are in flight at a time; AWS IoT allows 100 (aws-iot.md section 2).
    static constexpr std::size_t max_in_flight = 20;

    // What the session works with; all of it must outlive the session.
    struct Parts {
        const ConnectionSettings& settings;  // those of the connection
        const Addressee& broker;
        Connection& connection;
        EventQueue& events;
        Backoff& backoff;
        Application& application;
        Patience patience;
        int signal_fd;  // a signalfd(2): anything readable ends the session
    };

    explicit Session(Parts parts);

    // run returns when the session is over and the connection closed.
    ExitCode run();

 private:
    using Clock = std::chrono::steady_clock;
    enum class State { waiting, connecting, subscribing, connected };

    void start_attempt();
    void wait();
    [[nodiscard]] int wait_milliseconds() const;
    void read_signal();
    void wake_application();
    void publish_waiting();

    void on(const Connected& event);
    void on(const ConnectFailed& event);
    void on(const ConnectionLost& event);
    void on(const MessageArrived& event);
    void on(const PublishEnded& event);
    void on(const SubscribeEnded& event);

    [[nodiscard]] Probes probes() const;
    void subscribe_next();
    void abandon_in_flight();
    void pause();
    void check_application();
    void check_time();
    void end(ExitCode code);
    void fail(const Error& error);

    Parts parts_;
    State state_ = State::waiting;
    Clock::time_point next_attempt_;
    std::optional<Clock::time_point> deadline_;
    std::optional<ExitCode> over_;
    bool ever_connected_ = false;
    bool stopping_ = false;
    unsigned failed_attempts_ = 0;  // in a row
    bool session_present_ = false;
    std::vector<Subscription> to_ask_;  // not granted yet, on this connection
    std::vector<Subscription> asked_;   // the SUBSCRIBE that is on its way
    // The application's id of each message on its way, by the ticket under which Paho knows it. A message that is
    // published again has another ticket: what Paho says late about the first time does not count for the second.
    std::map<std::uint64_t, std::uint64_t> in_flight_;
    std::uint64_t last_ticket_ = 0;
};

}  // namespace trustx::mqtt
