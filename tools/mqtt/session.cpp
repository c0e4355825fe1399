// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "advice.hpp"
#include "common/text/printable.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <variant>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::seconds goodbye_time{3};
constexpr std::chrono::seconds probe_time{5};

std::string in_seconds(Backoff::Duration duration) {
    return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
}

}  // namespace

Session::Session(Parts parts) : parts_{parts}, next_attempt_{Clock::now()} {
    if (parts_.options.timeout.count() > 0) {
        deadline_ = next_attempt_ + parts_.options.timeout;
    }
}

ExitCode Session::run() {
    while (!over_) {
        if (state_ == State::waiting && Clock::now() >= next_attempt_) {
            start_attempt();
        }
        wait();
        for (const auto& event : parts_.events.take()) {
            std::visit([this](const auto& e) { on(e); }, event);
        }
        publish_waiting();
        check_done();
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
    // A negative descriptor is one that poll(2) leaves out.
    const bool want_input = state_ == State::connected && parts_.outbox.wants_input();
    std::array<pollfd, 3> watched{{{parts_.events.fd(), POLLIN, 0},
                                   {parts_.signal_fd, POLLIN, 0},
                                   {want_input ? parts_.outbox.fd() : -1, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), wait_milliseconds()) < 0) {
        return;
    }
    if (watched[1].revents != 0) {
        read_signal();
    }
    if (watched[2].revents != 0) {
        read_input();
    }
}

int Session::wait_milliseconds() const {
    std::optional<Clock::time_point> until = deadline_;
    if (state_ == State::waiting) {
        until = until ? std::min(*until, next_attempt_) : next_attempt_;
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
        end(code_when_interrupted());
    }
}

void Session::read_input() {
    if (const auto read = parts_.outbox.read_input(); !read) {
        fail(read.error());
    }
}

void Session::publish_waiting() {
    if (state_ != State::connected || (!parts_.options.subscribe.empty() && !subscribed_)) {
        return;  // a program that subscribes and publishes wants to see its own messages
    }
    while (const auto message = parts_.outbox.next()) {
        parts_.connection.publish(message->id, parts_.options.topic, message->payload, parts_.options.qos);
    }
}

void Session::on(const Connected& event) {
    state_ = State::connected;
    ever_connected_ = true;
    failed_attempts_ = 0;
    parts_.backoff.connected(Clock::now());
    spdlog::info("connected to {} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    if (parts_.options.subscribe.empty()) {
        return;
    }
    subscribed_ = event.session_present;
    if (subscribed_) {
        spdlog::info("the broker kept the subscription");
    } else {
        parts_.connection.subscribe(parts_.options.subscribe, parts_.options.qos);
    }
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
    if (parts_.options.max_attempts > 0 && failed_attempts_ >= parts_.options.max_attempts) {
        if (parts_.options.max_attempts > 1) {
            spdlog::error("gave up after {} attempts", failed_attempts_);
        }
        end(exit_code_of(error.cause));
        return;
    }
    pause();
}

Probes Session::probes() const {
    Probes probes;
    const ProbeTarget target{
        parts_.broker.host, parts_.broker.port, parts_.broker.ca_file, parts_.options.alpn, {}, {}};
    probes.anonymous = [target] { return probe(target, probe_time); };
    // One use of the key per series of failures is worth a clear message; one per attempt is not.
    if (failed_attempts_ == 0) {
        auto with_credentials = target;
        with_credentials.certificate_file = parts_.certificate_file;
        with_credentials.key_file = parts_.options.key_file;
        probes.with_credentials = [with_credentials] { return probe(with_credentials, probe_time); };
    }
    return probes;
}

void Session::on(const ConnectionLost& event) {
    if (state_ != State::connected) {
        return;
    }
    spdlog::warn("the connection was lost{}", event.cause.empty() ? "" : ": " + event.cause);
    state_ = State::waiting;
    subscribed_ = false;
    pause();
}

void Session::on(const MessageArrived& event) {
    if (received_enough()) {
        return;  // arrived between the last one asked for and the DISCONNECT
    }
    ++received_;
    spdlog::debug("received {} bytes on {}", event.payload.size(), event.topic);
    // A terminal obeys what it gets; programs get the bytes as they came.
    const bool person_reads = ::isatty(::fileno(parts_.output)) == 1;
    const auto shown = person_reads ? text::printable(event.payload) : event.payload;
    const bool written = std::fwrite(shown.data(), 1, shown.size(), parts_.output) == shown.size() &&
                         std::fputc('\n', parts_.output) != EOF && std::fflush(parts_.output) == 0;
    if (!written) {
        fail({Cause::output, "write to standard output: " + std::system_category().message(errno), {}});
    }
}

void Session::on(const PublishEnded& event) {
    parts_.outbox.ended(event.id, event.delivered);
    spdlog::debug("message {} {}", event.id, event.delivered ? "delivered" : "not delivered");
}

void Session::on(const SubscribeEnded& event) {
    if (event.granted) {
        subscribed_ = true;
        spdlog::info("subscribed to {}", parts_.options.subscribe);
    } else if (state_ == State::connected) {
        fail({Cause::subscription_refused,
              "the broker refused the subscription to " + parts_.options.subscribe +
                  (event.reason.empty() ? "" : " (" + event.reason + ")"),
              "check what it allows certificate " + parts_.broker.certificate});
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
    spdlog::error("gave up after {} s: {}", parts_.options.timeout.count(),
                  ever_connected_
                      ? fmt::format("{} message(s) delivered, {} received", parts_.outbox.delivered(), received_)
                      : std::string{"no connection"});
    end(ever_connected_ ? ExitCode::unfinished : ExitCode::connect);
}

void Session::check_done() {
    const bool receives_without_end = !parts_.options.subscribe.empty() && parts_.options.count == 0;
    if (!receives_without_end && parts_.outbox.finished() && received_enough()) {
        end(ExitCode::done);
    }
}

bool Session::received_enough() const {
    return parts_.options.subscribe.empty() || (parts_.options.count > 0 && received_ >= parts_.options.count);
}

ExitCode Session::code_when_interrupted() const {
    const bool nothing_promised = parts_.options.count == 0 && parts_.outbox.finished();
    return nothing_promised ? ExitCode::done : ExitCode::unfinished;
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
