// SPDX-License-Identifier: Apache-2.0
// The course of the program: connect, subscribe, publish, receive, and connect again after a pause when the connection
// is lost, until everything is done or time, attempts or the user end it. Runs in one thread, which waits for Paho's
// events, signals, standard input and the clock at once.
#pragma once

#include "connection/backoff.hpp"
#include "connection/connection.hpp"
#include "connection/events.hpp"
#include "connection/explain.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "outbox.hpp"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

namespace trustx::mqtt {

class Session {
 public:
    // What the session works with; all of it must outlive the session.
    struct Parts {
        const Options& options;
        const Addressee& broker;
        const std::string& certificate_file;
        Connection& connection;
        EventQueue& events;
        Outbox& outbox;
        Backoff& backoff;
        std::FILE* output;  // takes the received payloads
        int signal_fd;      // a signalfd(2): anything readable ends the session
    };

    explicit Session(Parts parts);

    // run returns when the session is over and the connection closed.
    ExitCode run();

 private:
    using Clock = std::chrono::steady_clock;
    enum class State { waiting, connecting, connected };

    void start_attempt();
    void wait();
    [[nodiscard]] int wait_milliseconds() const;
    void read_signal();
    void read_input();
    void publish_waiting();

    void on(const Connected& event);
    void on(const ConnectFailed& event);
    void on(const ConnectionLost& event);
    void on(const MessageArrived& event);
    void on(const PublishEnded& event);
    void on(const SubscribeEnded& event);

    [[nodiscard]] Probes probes() const;
    void pause();
    void check_time();
    void check_done();
    void end(ExitCode code);
    void fail(const Error& error);
    [[nodiscard]] ExitCode code_when_interrupted() const;
    [[nodiscard]] bool received_enough() const;

    Parts parts_;
    State state_ = State::waiting;
    Clock::time_point next_attempt_;
    std::optional<Clock::time_point> deadline_;
    std::optional<ExitCode> over_;
    bool ever_connected_ = false;
    bool subscribed_ = false;
    unsigned failed_attempts_ = 0;  // in a row
    unsigned received_ = 0;
};

}  // namespace trustx::mqtt
