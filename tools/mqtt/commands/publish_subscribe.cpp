// SPDX-License-Identifier: Apache-2.0
#include "commands/publish_subscribe.hpp"

#include "session/advice.hpp"

#include <utility>

#include <poll.h>
#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

// How long what is on its way may take to arrive after the program was told to end.
constexpr std::chrono::seconds drain_time{5};

}  // namespace

PublishSubscribe::PublishSubscribe(Publisher::Parts publishing, Receiving receiving, int output)
    : publisher_{std::move(publishing)}, receiving_{std::move(receiving)}, output_{output} {}

std::vector<Subscription> PublishSubscribe::subscriptions() const {
    std::vector<Subscription> all;
    for (const auto& filter : receiving_.filters) {
        all.push_back({.filter = filter, .qos = receiving_.qos});
    }
    return all;
}

// What was delivered just before is not sent again after a crash during the pause.
void PublishSubscribe::connection_lost() {
    check(publisher_.settle());
}

void PublishSubscribe::arrived(const Message& message) {
    if (received_enough()) {
        return;  // arrived between the last one asked for and the DISCONNECT
    }
    ++received_;
    check(
        output_.print(receiving_.format.apply(message, output_.printable_only()) + (receiving_.line_end ? "\n" : "")));
}

std::optional<OutgoingMessage> PublishSubscribe::next() {
    if (failed_) {
        return std::nullopt;
    }
    auto message = publisher_.next();
    if (!message) {
        fail(message.error());
        return std::nullopt;
    }
    return *std::move(message);
}

void PublishSubscribe::ended(std::uint64_t id, const PublishOutcome& outcome) {
    publisher_.ended(id, outcome);
}

std::optional<Application::TimePoint> PublishSubscribe::wakes_at() const {
    const auto own = publisher_.wakes_at();
    return own && drained_by_ ? std::min(own, drained_by_) : own ? own : drained_by_;
}

void PublishSubscribe::wake(TimePoint now) {
    if (publisher_.wakes_at() && now >= *publisher_.wakes_at()) {
        check(publisher_.wake());
    }
    if (drained_by_ && now >= *drained_by_) {
        drained_by_ = TimePoint::min();
    }
}

std::vector<WatchedFd> PublishSubscribe::descriptors(bool connected) const {
    auto watched = output_.descriptors();
    if (const int input = publisher_.input(connected); input >= 0) {
        watched.push_back({.fd = input, .events = POLLIN});
    }
    return watched;
}

void PublishSubscribe::ready(int fd, short /*events*/) {
    check(output_.is(fd) ? output_.write() : publisher_.read_input());
}

std::optional<ExitCode> PublishSubscribe::over() const {
    if (failed_) {
        return failed_;
    }
    if (drained_by_) {
        const bool waits = (publisher_.in_flight() || !output_.empty()) && *drained_by_ != TimePoint::min();
        return waits ? std::nullopt : std::optional{code_when_stopped()};
    }
    const bool receives_without_end = !receiving_.filters.empty() && receiving_.count == 0;
    if (receives_without_end || !publisher_.finished() || !received_enough() || !output_.empty()) {
        return std::nullopt;
    }
    const auto& counters = publisher_.counters();
    return counters.refused > 0 ? ExitCode::refused : counters.damaged > 0 ? ExitCode::failed : ExitCode::done;
}

ExitCode PublishSubscribe::code_when_stopped() const {
    const bool nothing_lost = publisher_.finished() || publisher_.kept();
    return receiving_.count == 0 && nothing_lost ? ExitCode::done : ExitCode::unfinished;
}

void PublishSubscribe::stop() {
    drained_by_ = std::chrono::steady_clock::now() + drain_time;
    publisher_.stop();
    check(publisher_.settle());
}

ExitCode PublishSubscribe::code_now(bool ever_connected) const {
    if (drained_by_) {
        return code_when_stopped();
    }
    return ever_connected ? ExitCode::unfinished : ExitCode::connect;
}

std::string PublishSubscribe::progress() const {
    return fmt::format("{} message(s) delivered, {} received", publisher_.counters().delivered, received_);
}

bool PublishSubscribe::received_enough() const {
    return receiving_.filters.empty() || (receiving_.count > 0 && received_ >= receiving_.count);
}

void PublishSubscribe::check(const Result<void>& done) {
    if (!done) {
        fail(done.error());
    }
}

void PublishSubscribe::fail(const Error& error) {
    spdlog::error("{}", explain(error));
    failed_ = exit_code_of(error.cause);
}

}  // namespace trustx::mqtt
