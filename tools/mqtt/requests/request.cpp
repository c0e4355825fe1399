// SPDX-License-Identifier: Apache-2.0
#include "requests/request.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace trustx::mqtt {

Tokens::Tokens(const std::function<std::uint64_t()>& random) {
    std::array<char, 17> digits{};
    static_cast<void>(
        std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(random())));
    prefix_ = std::string{digits.data()} + "-";
}

std::string Tokens::next() {
    return prefix_ + std::to_string(++count_);
}

std::optional<TimePoint> earlier(std::optional<TimePoint> one, std::optional<TimePoint> other) {
    return one && other ? std::min(*one, *other) : one ? one : other;
}

Request::Request(const Clock& clock, std::string topic, const Json& body, std::string token)
    : clock_{&clock}, topic_{std::move(topic)}, token_{std::move(token)} {
    auto object = body;
    object["clientToken"] = token_;
    payload_ = write(object);
}

std::optional<Publication> Request::next() {
    if (!to_send_) {
        return std::nullopt;
    }
    to_send_ = false;
    ++times_sent_;
    wakes_at_ = clock_->now() + patience;
    return Publication{topic_, payload_};
}

void Request::connection_lost() {
    to_send_ = true;
    wakes_at_.reset();
}

std::optional<Answer> Request::arrived(std::string_view topic, std::string_view payload) const {
    if (!topic.starts_with(topic_)) {
        return std::nullopt;
    }
    const auto ending = topic.substr(topic_.size());
    if (ending != "/accepted" && ending != "/rejected") {
        return std::nullopt;
    }
    auto body = read_object(payload);
    if (!body || text_member(*body, "clientToken") != token_) {
        return std::nullopt;
    }
    return Answer{ending == "/accepted", *std::move(body)};
}

void Request::send_later() {
    to_send_ = false;
    wakes_at_ = clock_->now() + pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
}

void Request::wake() {
    if (wakes_at_ && clock_->now() >= *wakes_at_) {
        to_send_ = true;
        wakes_at_.reset();
    }
}

}  // namespace trustx::mqtt
