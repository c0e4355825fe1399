// SPDX-License-Identifier: Apache-2.0
#include "shadow/watch.hpp"

#include "shadow/rejection.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace trustx::mqtt {
namespace {

// same compares without regard to the order of members.
bool same(const Json& one, const Json& other) {
    return nlohmann::json(one) == nlohmann::json(other);
}

// shaped_as gives those members of the metadata that a state has.
Json shaped_as(const Json& state, const Json& metadata) {
    if (!state.is_object() || !metadata.is_object()) {
        return metadata;
    }
    Json shaped = Json::object();
    for (const auto& [name, value] : state.items()) {
        if (const auto found = metadata.find(name); found != metadata.end()) {
            shaped[name] = shaped_as(value, *found);
        }
    }
    return shaped;
}

Json member_or_empty(const Json* object, std::string_view name) {
    const auto* found = object == nullptr ? nullptr : object_member(*object, name);
    return found == nullptr ? Json::object() : *found;
}

// delta_in is the delta that a whole document has.
Delta delta_in(const Json& document, std::int64_t version) {
    auto state = member_or_empty(object_member(document, "state"), "delta");
    auto metadata = shaped_as(state, member_or_empty(object_member(document, "metadata"), "desired"));
    return {version, std::move(state), std::move(metadata)};
}

std::optional<Delta> read_delta(std::string_view payload) {
    const auto body = read_object(payload);
    const auto version = body ? integer_member(*body, "version") : std::nullopt;
    const auto* state = body ? object_member(*body, "state") : nullptr;
    if (!version || state == nullptr) {
        return std::nullopt;
    }
    return Delta{*version, *state, member_or_empty(&*body, "metadata")};
}

}  // namespace

ShadowWatch::ShadowWatch(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, Notify notify)
    : clock_{clock}, topics_{topics}, tokens_{tokens}, notify_{std::move(notify)} {}

std::vector<std::string> ShadowWatch::filters() const {
    std::vector<std::string> filters{topics_.delta()};
    std::ranges::copy(answers(topics_.get()), std::back_inserter(filters));
    std::ranges::copy(answers(topics_.update()), std::back_inserter(filters));
    return filters;
}

void ShadowWatch::connected() {
    get_.emplace(clock_, topics_.get(), Json::object(), tokens_.next());
}

void ShadowWatch::connection_lost() {
    get_.reset();
    early_.reset();
    if (report_) {
        report_->connection_lost();
    }
}

std::optional<Publication> ShadowWatch::next() {
    for (auto* request : {&get_, &report_}) {
        if (*request) {
            if (auto publication = (*request)->next()) {
                return publication;
            }
        }
    }
    return std::nullopt;
}

std::optional<TimePoint> ShadowWatch::wakes_at() const {
    const auto retry = waiting_ && !busy() ? not_before_ : std::nullopt;
    return earlier(retry,
                   earlier(get_ ? get_->wakes_at() : std::nullopt, report_ ? report_->wakes_at() : std::nullopt));
}

void ShadowWatch::wake() {
    if (get_) {
        get_->wake();
    }
    if (report_) {
        report_->wake();
    }
}

void ShadowWatch::arrived(std::string_view topic, std::string_view payload) {
    if (topic == topics_.delta()) {
        changed(payload);
    } else if (const auto answer = get_ ? get_->arrived(topic, payload) : std::nullopt) {
        got(*answer);
    } else if (const auto answered = report_ ? report_->arrived(topic, payload) : std::nullopt) {
        report_answered(*answered);
    }
}

void ShadowWatch::got(const Answer& answer) {
    const auto version = integer_member(answer.body, "version");
    if (answer.accepted && version) {
        known_ = *version;  // even a lower one: the shadow was deleted, and made again
        offer(delta_in(answer.body, *version));
    } else {
        const auto rejection = read_shadow_rejection(answer.body);
        if (asks_for_patience(rejection)) {
            get_->send_later();
            return;
        }
        known_.reset();
        waiting_.reset();
        const bool none_yet = rejection.code == shadow_not_found;
        notify_(none_yet ? Level::news : Level::error, "get the shadow: " + words(rejection));
    }
    get_.reset();
    if (auto early = std::exchange(early_, {}); early && (!known_ || early->version > *known_)) {
        known_ = early->version;
        offer(*std::move(early));
    }
}

void ShadowWatch::changed(std::string_view payload) {
    auto delta = read_delta(payload);
    if (!delta) {
        notify_(Level::warning, "a delta that is none was dropped");
        return;
    }
    if (get_) {
        if (!early_ || delta->version > early_->version) {
            early_ = std::move(delta);
        }
        return;
    }
    if (known_ && delta->version <= *known_) {
        notify_(Level::detail, "the delta of version " + std::to_string(delta->version) + " is old; version " +
                                   std::to_string(*known_) + " is known");
        return;
    }
    known_ = delta->version;
    offer(*std::move(delta));
}

// A report that leaves a difference makes the service send the same delta once more, with a new version. What was
// handled is not handled again, or the two would go on with that.
void ShadowWatch::offer(Delta delta) {
    waiting_.reset();
    const auto& last = handling_ ? handling_ : done_;
    const bool seen = last && same(last->state, delta.state) && same(last->metadata, delta.metadata);
    outdated_ = handling_ && !seen;
    if (!delta.state.empty() && !seen) {
        waiting_ = std::move(delta);
        not_before_.reset();
    }
}

std::optional<Delta> ShadowWatch::take() {
    if (busy() || !waiting_ || (not_before_ && clock_.now() < *not_before_)) {
        return std::nullopt;
    }
    handling_ = std::exchange(waiting_, {});
    outdated_ = false;
    not_before_.reset();
    return handling_;
}

void ShadowWatch::handled(const std::optional<Json>& reported) {
    done_ = std::exchange(handling_, {});
    pause_ = first_pause;
    if (!reported) {
        return;
    }
    if (write(*reported).size() > longest_report) {
        notify_(Level::error, "nothing is reported: more than 8 KiB do not fit a shadow");
        return;
    }
    Json body = Json::object();
    body["state"]["reported"] = *reported;
    report_.emplace(clock_, topics_.update(), body, tokens_.next());
}

void ShadowWatch::failed() {
    auto delta = std::exchange(handling_, {});
    if (!outdated_) {
        waiting_ = std::move(delta);
        not_before_ = clock_.now() + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
    }
}

void ShadowWatch::report_answered(const Answer& answer) {
    if (!answer.accepted) {
        const auto rejection = read_shadow_rejection(answer.body);
        if (asks_for_patience(rejection)) {
            report_->send_later();
            return;
        }
        notify_(Level::error, "report to the shadow: " + words(rejection));
    }
    report_.reset();
}

}  // namespace trustx::mqtt
