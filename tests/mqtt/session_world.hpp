// SPDX-License-Identifier: Apache-2.0
// A session with everything around it replaced: a day of broken connections takes no time, and what happens at one
// moment happens at one moment.
#pragma once

#include "common/io/unique_fd.hpp"
#include "session/session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// VirtualPoll has a clock that moves only while the session waits for it. Descriptors are real.
class VirtualPoll final : public mqtt::Poll {
 public:
    using Duration = std::chrono::milliseconds;

    [[nodiscard]] TimePoint now() const override { return now_; }
    bool wait(std::vector<pollfd>& watched, std::optional<TimePoint> until) override;

    // after has something done when that time has passed.
    void after(Duration duration, std::function<void()> action) {
        actions_.emplace(now_ + duration, std::move(action));
    }

 private:
    TimePoint now_{std::chrono::hours{1000}};
    std::multimap<TimePoint, std::function<void()>> actions_;
};

// FakeBroker accepts each connection and answers everything after a round trip, unless a test replaces that.
class FakeBroker final : public mqtt::Connection {
 public:
    struct Published {
        mqtt::Poll::TimePoint at;
        std::size_t bytes;
    };

    FakeBroker(VirtualPoll& poll, mqtt::EventQueue& events) : poll_{poll}, events_{events} {}

    void use(const mqtt::ConnectionSettings& /*settings*/) override {}
    void connect() override;
    void subscribe(const std::vector<mqtt::Subscription>& wanted) override;
    void publish(const mqtt::OutgoingMessage& message) override;
    void close(std::chrono::milliseconds allowed, mqtt::ReasonCode reason) override;

    // answer says how an attempt ends; nothing: it does not.
    std::function<std::optional<mqtt::Event>()> answer = [] { return mqtt::Connected{}; };
    // taken says what becomes of a message; nothing: there is no answer.
    std::function<std::optional<mqtt::PublishOutcome>(const mqtt::OutgoingMessage&)> taken = [](const auto&) {
        return mqtt::PublishOutcome{};
    };
    // accepted is called when an attempt ended well.
    std::function<void()> accepted = [] {};
    // end ends the connection that is there at that time.
    void end_after(VirtualPoll::Duration duration, const mqtt::ConnectionLost& how);

    [[nodiscard]] const std::vector<Published>& published() const { return published_; }
    // goodbyes: the reasons with which the client left its connections.
    [[nodiscard]] const std::vector<mqtt::ReasonCode>& goodbyes() const { return goodbyes_; }
    [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }  // filters, each time
    // used: a moment at which the key was used, or may have been.
    [[nodiscard]] const std::vector<mqtt::Poll::TimePoint>& key_uses() const { return key_uses_; }
    void use_key() { key_uses_.push_back(poll_.now()); }

 private:
    // reply sends an event over this connection; it is lost with it.
    void reply(const mqtt::Event& event);

    VirtualPoll& poll_;
    mqtt::EventQueue& events_;
    unsigned connection_ = 0;  // which one it is
    std::vector<Published> published_;
    std::vector<mqtt::ReasonCode> goodbyes_;
    std::vector<std::string> asked_;
    std::vector<mqtt::Poll::TimePoint> key_uses_;
};

class SilentObserver final : public mqtt::Observer {
 public:
    void look(const mqtt::View& view, TimePoint /*now*/) override { last = view; }
    mqtt::View last;
};

// SessionWorld runs an application over a FakeBroker. Members are set before run(). What spdlog's default logger gets
// is not shown.
class SessionWorld {
 public:
    SessionWorld();

    mqtt::ExitCode run(mqtt::Application& application);
    // signal is one that the session finds at its next look.
    void signal(int number);

    VirtualPoll poll;
    mqtt::EventQueue events;
    FakeBroker broker{poll, events};
    SilentObserver observer;
    std::function<double()> random = [] { return 0.0; };  // the shortest waits that a back-off draws
    bool aws = false;
    std::size_t max_in_flight = 20;
    mqtt::Patience patience{};
    bool persistent_session = false;
    // What a probe finds where a connection attempt tells nothing.
    std::function<mqtt::ProbeResult(const mqtt::ProbeTarget&)> probe = [](const auto&) { return mqtt::ProbeResult{}; };

 private:
    UniqueFd signals_;
    UniqueFd signal_sender_;
};

// failed is the end of an attempt about which Paho knows no more than this code.
mqtt::ConnectFailed failed(int code);

// most_within is the largest number of moments in any span of that length, both ends included.
std::size_t most_within(const std::vector<mqtt::Poll::TimePoint>& moments, VirtualPoll::Duration span);

}  // namespace trustx::test
