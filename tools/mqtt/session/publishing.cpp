// SPDX-License-Identifier: Apache-2.0
#include "session/publishing.hpp"

#include "limits/aws_limits.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

using std::chrono::seconds;

// How long nothing is published after the broker did not take a message, or Paho.
constexpr seconds no_room_time{1};
// An acknowledgement is waited for twice the keep-alive time, or so long, and longer on the slowest of networks.
constexpr seconds shortest_patience{30};
constexpr std::size_t slowest_network = 1024;  // bytes in a second
// How long a connection has to hold without the accused message where there is no other one to try it with.
constexpr seconds quiet_time{10};

}  // namespace

void Publishing::connected(const Connected& event) {
    window_ = std::min(parts_.max_in_flight, std::size_t{event.receive_maximum});
    maximum_packet_ = event.maximum_packet;
    proven_ = false;
    given_back_.clear();
}

bool Publishing::may_send() const {
    const bool one = !proven_ || culprit_.one_at_a_time();
    return !not_before_ && in_flight_.size() < (one ? 1 : window_);
}

void Publishing::send() {
    if (not_before_ && now() >= *not_before_) {
        not_before_.reset();
    }
    while (may_send()) {
        auto message = parts_.application.next();
        if (!message) {
            judge_in_silence();
            return;
        }
        take(*std::move(message));
    }
}

void Publishing::take(OutgoingMessage message) {
    if (const auto excess = excess_of(message)) {
        drop(message, *excess);
    } else if (culprit_.accuses(message.id)) {
        withheld_.push_back({message.id, message.topic, message.payload.size()});
    } else {
        publish(std::move(message));
    }
}

void Publishing::publish(OutgoingMessage message) {
    ++parts_.counters.published;
    in_flight_.emplace(++last_ticket_, Sent{message.id, message.topic, message.payload.size()});
    message.id = last_ticket_;
    last_sent_ = now();
    judged_at_.reset();
    parts_.connection.publish(message);
    expect_acknowledgement();
    if (parts_.aws) {
        keep_rate(message.topic.size() + message.payload.size());
    }
}

// excess_of says why the broker would end the connection for this message.
std::optional<std::string> Publishing::excess_of(const OutgoingMessage& message) const {
    if (const auto excess = parts_.aws ? aws::exceeded_by(message) : std::nullopt) {
        return excess->text;
    }
    const auto size = packet_size(message);
    return size <= maximum_packet_ ? std::nullopt
                                   : std::optional{fmt::format("it takes {} bytes, and the broker takes {} at most",
                                                               size, maximum_packet_)};
}

void Publishing::drop(const OutgoingMessage& message, const std::string& why) {
    spdlog::error("a message on {} is not sent, because the broker would end the connection: {}", message.topic, why);
    ++parts_.counters.refused;
    parts_.application.ended(message.id, {.kind = PublishOutcome::Kind::refused});
}

void Publishing::keep_rate(std::size_t bytes) {
    rate_.sent(now(), bytes);
    if (const auto wait = rate_.wait(now()); wait.count() > 0) {
        not_before_ = now() + wait;
    }
}

// The time begins with the first message in flight, and again with each acknowledgement: on a slow network those behind
// wait for those in front.
void Publishing::expect_acknowledgement() {
    std::size_t bytes = 0;
    for (const auto& [ticket, sent] : in_flight_) {
        bytes += sent.bytes;
    }
    if (in_flight_.empty()) {
        expected_from_.reset();
        expected_by_.reset();
        return;
    }
    expected_from_ = expected_from_.value_or(now());
    expected_by_ = *expected_from_ + std::max(2 * parts_.keep_alive, shortest_patience) +
                   seconds{static_cast<seconds::rep>(bytes / slowest_network)};
}

std::optional<seconds> Publishing::overdue() const {
    return expected_by_ && now() >= *expected_by_
               ? std::optional{std::chrono::duration_cast<seconds>(now() - *expected_from_)}
               : std::nullopt;
}

std::optional<Publishing::TimePoint> Publishing::wakes_at() const {
    std::optional<TimePoint> earliest;
    for (const auto& one : {not_before_, expected_by_, not_before_ ? std::nullopt : judged_at_}) {
        if (one && (!earliest || *one < *earliest)) {
            earliest = one;
        }
    }
    return earliest;
}

void Publishing::on(const PublishEnded& event) {
    const auto found = in_flight_.extract(event.id);
    if (found.empty()) {
        return;
    }
    const auto& outcome = event.outcome;
    const auto& sent = found.mapped();
    spdlog::debug("message {} {}", sent.id, outcome.delivered() ? "delivered" : "not delivered");
    expected_from_.reset();
    expect_acknowledgement();
    if (outcome.delivered()) {
        ++parts_.counters.delivered;
        note_delivery(sent.id);
    } else if (outcome.kind == PublishOutcome::Kind::refused) {
        ++parts_.counters.refused;
        culprit_.forget(sent.id);
        spdlog::error("the broker refused a message on {}: {}", sent.topic,
                      outcome.reason ? words(*outcome.reason) : "no reason given");
    } else {
        given_back_.push_back(sent);
        not_before_ = std::max(not_before_.value_or(now()), now() + no_room_time);
    }
    parts_.application.ended(sent.id, outcome);
}

void Publishing::note_delivery(std::uint64_t id) {
    proven_ = true;
    given_back_.clear();
    culprit_.delivered(id);
    set_aside_withheld();  // the broker takes others
}

// judge_in_silence: there is nothing with which to try whether the broker takes others. What it said itself needs no
// trial.
void Publishing::judge_in_silence() {
    if (withheld_.empty() || !in_flight_.empty()) {
        return;
    }
    const bool known =
        std::ranges::all_of(withheld_, [this](const Sent& one) { return culprit_.by_the_broker(one.id); });
    judged_at_ = judged_at_.value_or(now() + quiet_time);
    if (known || now() >= *judged_at_) {
        set_aside_withheld();
    }
}

void Publishing::set_aside_withheld() {
    judged_at_.reset();
    for (const auto& one : std::exchange(withheld_, {})) {
        ++parts_.counters.refused;
        spdlog::error("a message of {} bytes on {} is not sent again: the broker ends each connection for it",
                      one.bytes, one.topic);
        culprit_.forget(one.id);
        parts_.application.ended(one.id, {.kind = PublishOutcome::Kind::refused});
    }
}

// Paho may report the end of a message before that of its connection, after it, and twice: each counts once.
bool Publishing::ended(End end, bool young) {
    const bool found = suspect(end, young);
    not_before_.reset();
    expected_from_.reset();
    expected_by_.reset();
    judged_at_.reset();
    given_back_.clear();
    give_back_withheld();
    for (const auto& [ticket, sent] : std::exchange(in_flight_, {})) {
        parts_.application.ended(sent.id, {.kind = PublishOutcome::Kind::not_delivered});
    }
    return found && (end != End::refused || others_wait());
}

// If nothing but what the broker has complained of waits to be sent, there is nothing to connect again for.
bool Publishing::others_wait() {
    while (auto message = parts_.application.next()) {
        withheld_.push_back({message->id, message->topic, message->payload.size()});
        if (!culprit_.by_the_broker(message->id)) {
            give_back_withheld();
            return true;
        }
    }
    set_aside_withheld();
    return false;
}

void Publishing::give_back_withheld() {
    for (const auto& one : std::exchange(withheld_, {})) {
        parts_.application.ended(one.id, {.kind = PublishOutcome::Kind::not_delivered});
    }
}

bool Publishing::suspect(End end, bool young) {
    const auto ids = on_their_way();
    if (!parts_.application.repeats_messages() || end == End::unrelated) {
        return false;
    }
    const bool silent = end == End::closed && now() - last_sent_ >= parts_.keep_alive;
    if (ids.empty() || silent) {
        culprit_.interrupted();
        return false;
    }
    if (end == End::refused) {
        culprit_.refused(ids);
    } else {
        culprit_.closed(ids, young);
    }
    if (culprit_.accused() < Culprit::too_many) {
        return true;
    }
    culprit_.acquit();
    spdlog::error("the broker ends each connection for whatever message is sent: it takes none{}",
                  topics_on_their_way());
    return false;
}

// What Paho gave back may be on its way again.
Culprit::Ids Publishing::on_their_way() const {
    Culprit::Ids ids;
    for (const auto& sent : given_back_) {
        ids.insert(sent.id);
    }
    for (const auto& [ticket, sent] : in_flight_) {
        ids.insert(sent.id);
    }
    return ids;
}

std::string Publishing::topics_on_their_way() const {
    std::set<std::string> topics;
    for (const auto& sent : given_back_) {
        topics.insert(sent.topic);
    }
    for (const auto& [ticket, sent] : in_flight_) {
        topics.insert(sent.topic);
    }
    std::string text = topics.empty() ? "" : "; on their way were messages on ";
    constexpr std::size_t most = 3;  // for people, a few of them
    std::size_t count = 0;
    for (auto topic = topics.begin(); topic != topics.end() && count < most; ++topic, ++count) {
        text += (count > 0 ? ", " : "") + *topic;
    }
    return text;
}

}  // namespace trustx::mqtt
