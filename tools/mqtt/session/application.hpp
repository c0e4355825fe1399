// SPDX-License-Identifier: Apache-2.0
// The seam between a session, which keeps a connection, and what a program does over it: one Application for each
// subcommand. All calls come from the session's thread, none of them may block, and after each the session asks over().
#pragma once

#include "connection/events.hpp"
#include "connection/message.hpp"
#include "session/exit_code.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

// WatchedFd is a descriptor that the session waits for, with the events of poll(2).
struct WatchedFd {
    int fd = -1;
    short events = 0;
};

class Application {
 public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Application() = default;
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;
    virtual ~Application() = default;

    // subscriptions are asked for at each connection to which the broker kept no session. The session ends with
    // ExitCode::refused when the broker refuses one.
    [[nodiscard]] virtual std::vector<Subscription> subscriptions() const = 0;
    // connected: all subscriptions are granted, and messages can be published. With session_present the broker kept
    // the subscriptions of the connection before.
    virtual void connected(bool /*session_present*/) {}
    // connection_lost follows connected(), once. Each message that was in flight has ended before.
    virtual void connection_lost() {}

    virtual void arrived(const Message& /*message*/) {}
    // unwritten is how much of what arrived waits for somebody to read it, in bytes. When it is too much the session is
    // without a connection until it is nothing.
    [[nodiscard]] virtual std::size_t unwritten() const { return 0; }

    // next is what is to be published now, which is in flight then; nothing: nothing at the moment. It is asked while
    // the connection is there and fewer messages are in flight than session and broker allow.
    [[nodiscard]] virtual std::optional<OutgoingMessage> next() { return std::nullopt; }
    // repeats_messages: what ended as not delivered is given by next() again, with the same id and before all others,
    // until it is delivered or refused. Of such an application one message for which the broker ends connections is
    // found and left out, and ends as refused.
    [[nodiscard]] virtual bool repeats_messages() const { return false; }
    // ended reports what became of a message that next() gave, once for each time it was given.
    virtual void ended(std::uint64_t /*id*/, const PublishOutcome& /*outcome*/) {}

    // wake is called at wakes_at() or later, connected or not.
    [[nodiscard]] virtual std::optional<TimePoint> wakes_at() const { return std::nullopt; }
    virtual void wake(TimePoint /*now*/) {}

    // ready is called for each of descriptors() that poll(2) finds, connected or not. `connected`: whether messages can
    // be published at the moment.
    [[nodiscard]] virtual std::vector<WatchedFd> descriptors(bool /*connected*/) const { return {}; }
    virtual void ready(int /*fd*/, short /*events*/) {}

    // over: how the program ends, once it is to end. Errors have been logged then.
    [[nodiscard]] virtual std::optional<ExitCode> over() const = 0;
    // stop: the user or the service manager wants the program to end (SIGTERM). What is begun may be finished; over()
    // says when that is done. The session waits for that only as long as it is connected and its time allows.
    virtual void stop() = 0;
    // code_now is the exit code if the session ends at this moment, because time, attempts or patience are over.
    // `ever_connected`: whether there was a connection at all.
    [[nodiscard]] virtual ExitCode code_now(bool ever_connected) const {
        return ever_connected ? ExitCode::unfinished : ExitCode::connect;
    }
    // progress is what was achieved so far, for people: "3 message(s) delivered, 0 received".
    [[nodiscard]] virtual std::string progress() const = 0;
};

}  // namespace trustx::mqtt
