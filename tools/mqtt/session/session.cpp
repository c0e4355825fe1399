// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include "session/advice.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::seconds goodbye_time{3};
constexpr std::chrono::seconds probe_time{5};
// What AWS IoT takes in one SUBSCRIBE (aws-iot.md section 2); other brokers take it as well.
constexpr std::size_t filters_at_a_time = 8;

std::string in_seconds(Backoff::Duration duration) {
    return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
}

void keep_earlier(std::optional<Application::TimePoint>& until, const std::optional<Application::TimePoint>& other) {
    if (other && (!until || *other < *until)) {
        until = other;
    }
}

}  // namespace

Session::Session(Parts parts) : parts_{parts}, next_attempt_{Clock::now()} {
    if (parts_.patience.timeout.count() > 0) {
        deadline_ = next_attempt_ + parts_.patience.timeout;
    }
}

ExitCode Session::run() {
    check_application();
    while (!over_) {
        if (state_ == State::waiting && Clock::now() >= next_attempt_) {
            start_attempt();
        }
        wait();
        for (const auto& event : parts_.events.take()) {
            std::visit([this](const auto& e) { on(e); }, event);
        }
        wake_application();
        publish_waiting();
        check_application();
        check_time();
    }
    parts_.connection.close(goodbye_time);
    return *over_;
}

void Session::start_attempt() {
    spdlog::debug("connecting to {} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    state_ = State::connecting;
    parts_.connection.connect();
}

void Session::wait() {
    const auto wanted = parts_.application.descriptors(state_ == State::connected);
    std::vector<pollfd> watched{{parts_.events.fd(), POLLIN, 0}, {parts_.signal_fd, POLLIN, 0}};
    for (const auto& [fd, events] : wanted) {
        watched.push_back({fd, events, 0});
    }
    if (::poll(watched.data(), watched.size(), wait_milliseconds()) < 0) {
        return;
    }
    if (watched[1].revents != 0) {
        read_signal();
    }
    for (std::size_t i = 2; i < watched.size() && !over_; ++i) {
        if (watched[i].revents != 0) {
            parts_.application.ready(watched[i].fd, watched[i].revents);
        }
    }
}

int Session::wait_milliseconds() const {
    auto until = deadline_;
    keep_earlier(until, parts_.application.wakes_at());
    if (state_ == State::waiting) {
        keep_earlier(until, next_attempt_);
    }
    if (!until) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
    constexpr std::int64_t longest = 60'000;  // any bound that fits an int: the loop waits again
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

void Session::read_signal() {
    signalfd_siginfo info{};
    if (::read(parts_.signal_fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        spdlog::debug("ended by signal {}", info.ssi_signo);
        parts_.application.stop();
        if (state_ != State::connected || stopping_) {
            end(parts_.application.over().value_or(parts_.application.code_now(ever_connected_)));
        }
        stopping_ = true;
    }
}

void Session::wake_application() {
    const auto at = parts_.application.wakes_at();
    const auto now = Clock::now();
    if (at && now >= *at) {
        parts_.application.wake(now);
    }
}

void Session::publish_waiting() {
    while (state_ == State::connected && in_flight_.size() < max_in_flight) {
        auto message = parts_.application.next();
        if (!message) {
            return;
        }
        in_flight_.emplace(++last_ticket_, message->id);
        message->id = last_ticket_;
        parts_.connection.publish(*message);
    }
}

void Session::on(const Connected& event) {
    ever_connected_ = true;
    failed_attempts_ = 0;
    parts_.backoff.connected(Clock::now());
    spdlog::info("connected to {} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    to_ask_ = parts_.application.subscriptions();
    if (event.session_present && !to_ask_.empty()) {
        spdlog::info("the broker kept the subscription");
        to_ask_.clear();
    }
    session_present_ = event.session_present;
    state_ = State::subscribing;
    subscribe_next();
}

// A program that subscribes and publishes wants to see its own messages: it publishes when all is granted.
void Session::subscribe_next() {
    if (to_ask_.empty()) {
        state_ = State::connected;
        parts_.application.connected(session_present_);
        return;
    }
    const auto last = to_ask_.begin() + static_cast<std::ptrdiff_t>(std::min(filters_at_a_time, to_ask_.size()));
    asked_.assign(to_ask_.begin(), last);
    to_ask_.erase(to_ask_.begin(), last);
    parts_.connection.subscribe(asked_);
}

void Session::on(const ConnectFailed& event) {
    state_ = State::waiting;
    for (const auto& error : event.tls_errors) {
        spdlog::debug("OpenSSL: {}: {}", error.library, to_string(error));
    }
    for (const auto& line : event.trace) {
        spdlog::debug("TLS: {}", line);
    }
    spdlog::debug("Paho: code {}", event.code);
    const auto error = explain(event, parts_.broker, probes());
    spdlog::error("{}", explain(error));
    ++failed_attempts_;
    if (parts_.patience.max_attempts > 0 && failed_attempts_ >= parts_.patience.max_attempts) {
        if (parts_.patience.max_attempts > 1) {
            spdlog::error("gave up after {} attempts", failed_attempts_);
        }
        end(exit_code_of(error.cause));
        return;
    }
    pause();
}

Probes Session::probes() const {
    Probes probes;
    const auto& settings = parts_.settings;
    const ProbeTarget target{settings.host, settings.port, settings.ca_file, settings.alpn, {}, {}};
    probes.anonymous = [target] { return probe(target, probe_time); };
    // One use of the key per series of failures is worth a clear message; one per attempt is not.
    if (failed_attempts_ == 0) {
        auto with_credentials = target;
        with_credentials.certificate_file = settings.certificate_file;
        with_credentials.key_file = settings.key_file;
        probes.with_credentials = [with_credentials] { return probe(with_credentials, probe_time); };
    }
    return probes;
}

void Session::on(const ConnectionLost& event) {
    if (state_ != State::connected && state_ != State::subscribing) {
        return;
    }
    spdlog::warn("the connection was lost{}", event.cause.empty() ? "" : ": " + event.cause);
    const bool worked = std::exchange(state_, State::waiting) == State::connected;
    abandon_in_flight();
    if (worked) {
        parts_.application.connection_lost();
    }
    pause();
}

// Paho may report the end of a message before that of its connection, after it, and twice: each counts once.
void Session::abandon_in_flight() {
    for (const auto& [ticket, id] : std::exchange(in_flight_, {})) {
        parts_.application.ended(id, {.kind = PublishOutcome::Kind::not_delivered});
    }
}

void Session::on(const MessageArrived& event) {
    spdlog::debug("received {} bytes on {}", event.message.payload.size(), event.message.topic);
    if (!parts_.application.over()) {
        parts_.application.arrived(event.message);
    }
}

void Session::on(const PublishEnded& event) {
    const auto found = in_flight_.extract(event.id);
    if (found.empty()) {
        return;
    }
    spdlog::debug("message {} {}", found.mapped(), event.outcome.delivered() ? "delivered" : "not delivered");
    parts_.application.ended(found.mapped(), event.outcome);
}

void Session::on(const SubscribeEnded& event) {
    if (state_ != State::subscribing || event.failed) {
        return;
    }
    for (const auto& [filter, reason] : event.refused) {
        fail({Cause::subscription_refused,
              "the broker refused the subscription to " + filter + (reason ? " (" + words(*reason) + ")" : ""),
              "check what it allows certificate " + parts_.broker.certificate});
    }
    if (event.refused.empty()) {
        for (const auto& granted : asked_) {
            spdlog::info("subscribed to {}", granted.filter);
        }
        subscribe_next();
    }
}

void Session::pause() {
    const auto wait = parts_.backoff.next(Clock::now());
    next_attempt_ = Clock::now() + wait;
    if (!deadline_ || next_attempt_ < *deadline_) {
        spdlog::info("next attempt in {}", in_seconds(wait));
    }
}

void Session::check_time() {
    if (over_ || !deadline_ || Clock::now() < *deadline_) {
        return;
    }
    spdlog::error("gave up after {} s: {}", parts_.patience.timeout.count(),
                  ever_connected_ ? parts_.application.progress() : std::string{"no connection"});
    end(parts_.application.code_now(ever_connected_));
}

void Session::check_application() {
    if (const auto code = parts_.application.over()) {
        end(*code);
    }
}

void Session::end(ExitCode code) {
    if (!over_) {
        over_ = code;
    }
}

void Session::fail(const Error& error) {
    spdlog::error("{}", explain(error));
    end(exit_code_of(error.cause));
}

}  // namespace trustx::mqtt
