// SPDX-License-Identifier: Apache-2.0
#include "spool_script.hpp"

#include "common/try.hpp"

#include <algorithm>
#include <utility>

namespace trustx::test {

using mqtt::Outbox;
using mqtt::OutgoingMessage;
using mqtt::Result;
using mqtt::Spool;

SpoolScript::SpoolScript(mqtt::SpoolSettings settings, Listener listener, std::function<void()> on_full)
    : settings_{std::move(settings)}, listener_{std::move(listener)}, on_full_{std::move(on_full)} {}

Result<void> SpoolScript::run() {
    TRYV(open());
    TRYV(accept(3, 20));
    TRYV(accept(1, 9000));  // more than a page
    TRYV(send(3));
    deliver(2);
    TRYV(flush());
    TRYV(accept(2, 20));
    lose_connection();
    TRYV(send(2));
    deliver(1);
    TRYV(accept(4, 3000));  // with what was delivered
    TRYV(close());
    TRYV(open());
    TRYV(send(3));
    refuse();
    deliver(2);
    TRYV(flush());
    TRYV(accept(1, 0));
    return close();
}

Result<void> SpoolScript::perform(Held after, const std::function<Result<void>()>& operation) {
    listener_.begun(after);
    auto done = operation();
    if (!done && done.error().cause == mqtt::Cause::spool_full && on_full_) {
        on_full_();
        done = operation();
    }
    TRYV(done);
    listener_.done();
    held_ = std::move(after);
    return {};
}

Result<void> SpoolScript::open() {
    return perform(held_, [this]() -> Result<void> {
        TRY(spool_, Spool::open(settings_));
        return {};
    });
}

Result<void> SpoolScript::close() {
    in_flight_.clear();
    delivered_.clear();
    return perform(held_, [this]() -> Result<void> {
        spool_.reset();
        return {};
    });
}

Result<void> SpoolScript::accept(int count, std::size_t size) {
    std::vector<OutgoingMessage> batch;
    Held after = held_;
    for (const auto& payload : std::exchange(delivered_, {})) {
        after.erase(std::remove(after.begin(), after.end(), payload), after.end());
    }
    for (int i = 0; i < count; ++i) {
        auto payload = std::to_string(++made_) + ":";
        payload.resize(payload.size() + size, static_cast<char>('a' + made_ % 26));
        after.push_back(payload);
        batch.push_back({.topic = "t", .payload = payload});
    }
    return perform(after, [&] { return spool_->accept(batch); });
}

Result<void> SpoolScript::send(int count) {
    for (int i = 0; i < count; ++i) {
        TRY(auto message, spool_->next());
        in_flight_.push_back(std::move(*message));
    }
    return {};
}

void SpoolScript::deliver(int count) {
    for (int i = 0; i < count; ++i) {
        delivered_.push_back(in_flight_.front().payload);
        spool_->ended(in_flight_.front().id, Outbox::Ending::delivered);
        in_flight_.erase(in_flight_.begin());
    }
}

void SpoolScript::refuse() {
    delivered_.push_back(in_flight_.front().payload);
    spool_->ended(in_flight_.front().id, Outbox::Ending::refused);
    in_flight_.erase(in_flight_.begin());
}

void SpoolScript::lose_connection() {
    for (const auto& message : std::exchange(in_flight_, {})) {
        spool_->ended(message.id, Outbox::Ending::not_delivered);
    }
}

Result<void> SpoolScript::flush() {
    Held after = held_;
    for (const auto& payload : std::exchange(delivered_, {})) {
        after.erase(std::remove(after.begin(), after.end(), payload), after.end());
    }
    return perform(after, [this] { return spool_->flush(); });
}

Result<Held> held_by(const mqtt::SpoolSettings& settings) {
    TRY(const auto spool, Spool::open(settings));
    Held held;
    for (;;) {
        TRY(const auto message, spool->next());
        if (!message) {
            return held;
        }
        held.push_back(message->payload);
    }
}

}  // namespace trustx::test
