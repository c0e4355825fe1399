// SPDX-License-Identifier: Apache-2.0
#include "commands/shadow_call.hpp"

#include <algorithm>
#include <iterator>
#include <random>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {

std::uint64_t random_number() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

std::vector<Subscription> subscriptions_to(const std::vector<std::string>& filters) {
    std::vector<Subscription> subscriptions;
    std::ranges::transform(filters, std::back_inserter(subscriptions),
                           [](const std::string& filter) { return Subscription{.filter = filter, .qos = 1}; });
    return subscriptions;
}

ShadowCallApplication::ShadowCallApplication(const Make& make, int output)
    : tokens_{random_number}, call_{make(clock_, tokens_)}, output_{output} {}

std::vector<Subscription> ShadowCallApplication::subscriptions() const {
    return subscriptions_to(call_.filters());
}

std::optional<OutgoingMessage> ShadowCallApplication::next() {
    auto request = call_.next();
    if (!request) {
        return std::nullopt;
    }
    return OutgoingMessage{
        .id = ++last_id_, .topic = std::move(request->topic), .payload = std::move(request->payload)};
}

void ShadowCallApplication::arrived(const Message& message) {
    call_.arrived(message.topic, message.payload);
    const auto& outcome = call_.outcome();
    if (!outcome || over_) {
        return;
    }
    if (outcome->rejection) {
        spdlog::error("{}", words(*outcome->rejection));
        over_ = ExitCode::refused;
    } else {
        over_ = ExitCode::done;
        check(outcome->document.is_null() ? Result<void>{} : output_.print_line(outcome->document));
    }
}

void ShadowCallApplication::ready(int /*fd*/, short /*events*/) {
    check(output_.write());
}

void ShadowCallApplication::check(const Result<void>& printed) {
    if (!printed) {
        spdlog::error("{}", to_string(printed.error()));
        over_ = ExitCode::failed;
    }
}

void ShadowCallApplication::stop() {
    if (!over_ || !output_.empty()) {
        over_ = ExitCode::unfinished;
        output_.drop();
    }
}

}  // namespace trustx::mqtt
