// SPDX-License-Identifier: Apache-2.0
#include "shadow/call.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace trustx::mqtt {
namespace {

Json body_of(const ShadowChange& change) {
    Json body = Json::object();
    body["state"] = Json::object();
    if (change.desired) {
        body["state"]["desired"] = *change.desired;
    }
    if (change.reported) {
        body["state"]["reported"] = *change.reported;
    }
    if (change.version) {
        body["version"] = *change.version;
    }
    return body;
}

// has says whether a change left this: what the service keeps of a section has no null, and no empty object.
bool has(const Json* kept, const Json& change) {
    if (change.is_null()) {
        return kept == nullptr;
    }
    if (!change.is_object()) {
        return kept != nullptr && *kept == change;
    }
    return std::ranges::all_of(change.items(), [kept](const auto& member) {
        const bool there = kept != nullptr && kept->is_object() && kept->contains(member.key());
        return has(there ? &kept->at(member.key()) : nullptr, member.value());
    });
}

bool has_section(const Json& document, const char* section, const std::optional<Json>& change) {
    const auto* state = object_member(document, "state");
    return !change || has(state == nullptr ? nullptr : object_member(*state, section), *change);
}

}  // namespace

ShadowCall::ShadowCall(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, Verb verb, const Json& body)
    : clock_{&clock},
      topics_{topics},
      tokens_{&tokens},
      verb_{verb},
      topic_{verb == Verb::get      ? topics.get()
             : verb == Verb::update ? topics.update()
                                    : topics.remove()},
      request_{clock, topic_, body, tokens.next()} {}

ShadowCall ShadowCall::get(const Clock& clock, const ShadowTopics& topics, Tokens& tokens) {
    return {clock, topics, tokens, Verb::get, Json::object()};
}

ShadowCall ShadowCall::update(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, ShadowChange change) {
    ShadowCall call{clock, topics, tokens, Verb::update, body_of(change)};
    call.change_ = std::move(change);
    return call;
}

ShadowCall ShadowCall::remove(const Clock& clock, const ShadowTopics& topics, Tokens& tokens) {
    return {clock, topics, tokens, Verb::remove, Json::object()};
}

std::vector<std::string> ShadowCall::filters() const {
    auto filters = answers(topic_);
    if (change_.version) {
        std::ranges::copy(answers(topics_.get()), std::back_inserter(filters));
    }
    return filters;
}

void ShadowCall::arrived(std::string_view topic, std::string_view payload) {
    const auto answer = request_.arrived(topic, payload);
    if (!answer || outcome_) {
        return;
    }
    if (!answer->accepted && asks_for_patience(read_shadow_rejection(answer->body))) {
        request_.send_later();
    } else if (conflict_) {
        looked(*answer);
    } else if (answer->accepted) {
        outcome_ = ShadowOutcome{{}, answer->body};
    } else {
        refused(read_shadow_rejection(answer->body));
    }
}

void ShadowCall::refused(ShadowRejection rejection) {
    if (verb_ == Verb::remove && request_.sent_again() && rejection.code == shadow_not_found) {
        outcome_ = ShadowOutcome{{}, nullptr};  // the first one took it away, and its answer was lost
    } else if (change_.version && request_.sent_again() && rejection.code == shadow_version_conflict) {
        conflict_ = std::move(rejection);
        look();
    } else {
        outcome_ = ShadowOutcome{std::move(rejection), nullptr};
    }
}

// The conflict may be with our own update, whose answer was lost: then the shadow is the next version, and has all of
// it.
void ShadowCall::look() {
    request_ = Request{*clock_, topics_.get(), Json::object(), tokens_->next()};
}

void ShadowCall::looked(const Answer& answer) {
    const bool ours = answer.accepted && integer_member(answer.body, "version") == *change_.version + 1 &&
                      has_section(answer.body, "desired", change_.desired) &&
                      has_section(answer.body, "reported", change_.reported);
    outcome_ = ours ? ShadowOutcome{{}, answer.body} : ShadowOutcome{std::exchange(conflict_, {}), nullptr};
}

}  // namespace trustx::mqtt
