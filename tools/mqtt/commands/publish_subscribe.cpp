// SPDX-License-Identifier: Apache-2.0
#include "commands/publish_subscribe.hpp"

#include "session/advice.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

// How long what is on its way may take to arrive after the program was told to end.
constexpr std::chrono::seconds drain_time{5};

Outbox::Ending ending_of(const PublishOutcome& outcome) {
    switch (outcome.kind) {
        case PublishOutcome::Kind::delivered:
            return Outbox::Ending::delivered;
        case PublishOutcome::Kind::refused:
            return Outbox::Ending::refused;
        default:
            return Outbox::Ending::not_delivered;
    }
}

}  // namespace

PublishSubscribe::PublishSubscribe(Publishing publishing, Source source, std::unique_ptr<Outbox> outbox,
                                   Receiving receiving, std::FILE* output)
    : publishing_{std::move(publishing)},
      receiving_{std::move(receiving)},
      output_{output},
      source_{std::move(source)},
      outbox_{std::move(outbox)} {}

std::vector<Subscription> PublishSubscribe::subscriptions() const {
    std::vector<Subscription> all;
    for (const auto& filter : receiving_.filters) {
        all.push_back({.filter = filter, .qos = receiving_.qos});
    }
    return all;
}

void PublishSubscribe::connected(bool /*session_present*/) {
    connected_ = true;
}

void PublishSubscribe::connection_lost() {
    connected_ = false;
}

void PublishSubscribe::arrived(const Message& message) {
    if (received_enough()) {
        return;  // arrived between the last one asked for and the DISCONNECT
    }
    ++received_;
    // A terminal obeys what it gets; programs get the bytes as they came.
    const bool person_reads = ::isatty(::fileno(output_)) == 1;
    const auto shown = receiving_.format.apply(message, person_reads) + (receiving_.line_end ? "\n" : "");
    const bool written =
        std::fwrite(shown.data(), 1, shown.size(), output_) == shown.size() && std::fflush(output_) == 0;
    if (!written) {
        fail({Cause::output, "write to standard output: " + std::system_category().message(errno), {}});
    }
}

std::vector<OutgoingMessage> PublishSubscribe::messages_of(const std::vector<std::string>& payloads) const {
    std::vector<OutgoingMessage> messages;
    for (const auto& payload : payloads) {
        for (const auto& topic : publishing_.topics) {
            messages.push_back(
                {.topic = topic, .payload = payload, .qos = publishing_.qos, .retain = publishing_.retain});
        }
    }
    return messages;
}

void PublishSubscribe::accept_waiting() {
    while (outbox_->has_room() && !failed_) {
        const auto payloads = source_.take();
        if (payloads.empty()) {
            return;
        }
        if (const auto accepted = outbox_->accept(messages_of(payloads)); !accepted) {
            fail(accepted.error());
        }
    }
}

std::optional<OutgoingMessage> PublishSubscribe::next() {
    if (drained_by_ || failed_) {
        return std::nullopt;
    }
    accept_waiting();
    auto message = outbox_->next();
    if (!message) {
        fail(message.error());
        return std::nullopt;
    }
    if (*message) {
        in_flight_.insert((*message)->id);
    }
    return *std::move(message);
}

void PublishSubscribe::ended(std::uint64_t id, const PublishOutcome& outcome) {
    in_flight_.erase(id);
    outbox_->ended(id, ending_of(outcome));
    if (in_flight_.empty()) {
        if (const auto flushed = outbox_->flush(); !flushed) {
            fail(flushed.error());
        }
    }
}

std::optional<Application::TimePoint> PublishSubscribe::wakes_at() const {
    return drained_by_;
}

void PublishSubscribe::wake(TimePoint now) {
    if (drained_by_ && now >= *drained_by_) {
        in_flight_.clear();
        drained_by_ = TimePoint::max();
    }
}

std::vector<WatchedFd> PublishSubscribe::descriptors(bool connected) const {
    const bool wanted = connected || publishing_.before_connected;
    if (!wanted || drained_by_ || !source_.wants_reading() || !outbox_->has_room()) {
        return {};
    }
    return {{.fd = source_.fd(), .events = POLLIN}};
}

void PublishSubscribe::ready(int /*fd*/, short /*events*/) {
    if (const auto read = source_.read(); !read) {
        fail(read.error());
        return;
    }
    if (publishing_.before_connected) {
        accept_waiting();
    }
}

std::optional<ExitCode> PublishSubscribe::over() const {
    if (failed_) {
        return failed_;
    }
    if (drained_by_) {
        return in_flight_.empty() ? std::optional{code_when_stopped()} : std::nullopt;
    }
    const bool receives_without_end = !receiving_.filters.empty() && receiving_.count == 0;
    if (receives_without_end || !source_.finished() || !outbox_->empty() || !received_enough()) {
        return std::nullopt;
    }
    return outbox_->counters().refused > 0 ? ExitCode::refused : ExitCode::done;
}

ExitCode PublishSubscribe::code_when_stopped() const {
    const bool all_sent = source_.finished() && outbox_->empty();
    return receiving_.count == 0 && all_sent ? ExitCode::done : ExitCode::unfinished;
}

void PublishSubscribe::stop() {
    drained_by_ = std::chrono::steady_clock::now() + drain_time;
}

ExitCode PublishSubscribe::code_now(bool ever_connected) const {
    if (drained_by_) {
        return code_when_stopped();
    }
    return ever_connected ? ExitCode::unfinished : ExitCode::connect;
}

std::string PublishSubscribe::progress() const {
    return fmt::format("{} message(s) delivered, {} received", outbox_->counters().delivered, received_);
}

bool PublishSubscribe::received_enough() const {
    return receiving_.filters.empty() || (receiving_.count > 0 && received_ >= receiving_.count);
}

void PublishSubscribe::fail(const Error& error) {
    spdlog::error("{}", explain(error));
    failed_ = exit_code_of(error.cause);
}

}  // namespace trustx::mqtt
