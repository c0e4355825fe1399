// SPDX-License-Identifier: Apache-2.0
#include "session_world.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trustx::test {
namespace {

constexpr VirtualPoll::Duration round_trip{50};

}  // namespace

bool VirtualPoll::wait(std::vector<pollfd>& watched, std::optional<TimePoint> until) {
    while (::poll(watched.data(), watched.size(), 0) == 0) {
        const auto next = actions_.begin();
        if (next != actions_.end() && (!until || next->first <= *until)) {
            now_ = std::max(now_, next->first);
            const auto action = std::move(next->second);
            actions_.erase(next);
            action();
        } else if (until) {
            now_ = std::max(now_, *until);
            return true;
        } else {
            throw std::logic_error("the session waits for something that will not happen");
        }
    }
    return true;
}

void FakeBroker::reply(const mqtt::Event& event) {
    poll_.after(round_trip, [this, event, connection = connection_] {
        if (connection == connection_) {
            events_.push(event);
        }
    });
}

void FakeBroker::connect() {
    ++connection_;
    const auto event = answer();
    if (!event) {
        return;
    }
    reply(*event);
    if (std::holds_alternative<mqtt::Connected>(*event)) {
        use_key();
        poll_.after(round_trip, accepted);
    }
}

void FakeBroker::subscribe(const std::vector<mqtt::Subscription>& wanted) {
    for (const auto& one : wanted) {
        asked_.push_back(one.filter);
    }
    reply(mqtt::SubscribeEnded{});
}

void FakeBroker::publish(const mqtt::OutgoingMessage& message) {
    published_.push_back({poll_.now(), message.topic.size() + message.payload.size()});
    if (const auto outcome = taken(message)) {
        reply(mqtt::PublishEnded{message.id, *outcome});
    }
}

void FakeBroker::close(std::chrono::milliseconds /*allowed*/, mqtt::ReasonCode reason) {
    ++connection_;
    goodbyes_.push_back(reason);
}

void FakeBroker::end_after(VirtualPoll::Duration duration, const mqtt::ConnectionLost& how) {
    poll_.after(duration, [this, how, connection = connection_] {
        if (connection == connection_) {
            ++connection_;
            events_.push(how);
        }
    });
}

SessionWorld::SessionWorld() {
    spdlog::set_level(spdlog::level::off);  // of the default logger
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipe");
    }
    signals_ = UniqueFd{ends[0]};
    signal_sender_ = UniqueFd{ends[1]};
}

void SessionWorld::signal(int number) {
    signalfd_siginfo info{};
    info.ssi_signo = static_cast<std::uint32_t>(number);
    if (::write(signal_sender_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
        throw std::runtime_error("the signal is not sent");
    }
}

mqtt::ExitCode SessionWorld::run(mqtt::Application& application) {
    mqtt::Backoff backoff{{}, random};
    mqtt::KeyCredit credit{{}};
    mqtt::ConnectionSettings settings;
    settings.key_file = "key.pem";
    settings.persistent_session = persistent_session;
    settings.timeout = std::chrono::seconds{30};
    settings.keep_alive = std::chrono::seconds{60};
    mqtt::Session session{
        {.settings = settings,
         .broker = {.host = "broker.example", .port = 8883, .certificate = {}, .ca_file = {}, .client_id = "gateway"},
         .connection = broker,
         .events = events,
         .backoff = backoff,
         .credit = credit,
         .application = application,
         .observer = observer,
         .patience = patience,
         .max_in_flight = max_in_flight,
         .aws = aws,
         .signal_fd = signals_.get(),
         .poll = poll,
         .probe = [this](const mqtt::ProbeTarget& target, auto /*allowed*/) { return probe(target); },
         .reload = [&settings]() -> mqtt::Result<mqtt::ConnectionSettings> { return settings; }}};
    return session.run();
}

mqtt::ConnectFailed failed(int code) {
    mqtt::ConnectFailed event;
    event.code = code;
    return event;
}

std::size_t most_within(const std::vector<mqtt::Poll::TimePoint>& moments, VirtualPoll::Duration span) {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < moments.size(); ++last) {
        for (; moments[last] - moments[first] > span; ++first) {
        }
        most = std::max(most, last - first + 1);
    }
    return most;
}

}  // namespace trustx::test
