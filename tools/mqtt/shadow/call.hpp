// SPDX-License-Identifier: Apache-2.0
// One request to a shadow, until it is answered: get, update or delete. It survives lost connections: what may have
// been carried out before its answer was lost is not reported as a failure.
#pragma once

#include "requests/request.hpp"
#include "shadow/rejection.hpp"
#include "shadow/topics.hpp"

#include <trustx/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

// ShadowChange is what an update sends. A section that is null takes the section away, a member that is null takes the
// member away.
struct ShadowChange {
    std::optional<Json> desired;
    std::optional<Json> reported;
    std::optional<std::int64_t> version;  // the update is refused where the shadow has another
};

struct ShadowOutcome {
    std::optional<ShadowRejection> rejection;  // nothing: it was carried out
    Json document;  // the service's answer; after a lost answer, what the shadow is now; null: there is nothing to show
};

class ShadowCall {
 public:
    static ShadowCall get(const Clock& clock, const ShadowTopics& topics, Tokens& tokens);
    static ShadowCall update(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, ShadowChange change);
    static ShadowCall remove(const Clock& clock, const ShadowTopics& topics, Tokens& tokens);

    // filters are to be subscribed to before anything is published.
    [[nodiscard]] std::vector<std::string> filters() const;

    std::optional<Publication> next() { return request_.next(); }
    void connection_lost() { request_.connection_lost(); }
    void arrived(std::string_view topic, std::string_view payload);
    [[nodiscard]] std::optional<TimePoint> wakes_at() const { return request_.wakes_at(); }
    void wake() { request_.wake(); }

    [[nodiscard]] const std::optional<ShadowOutcome>& outcome() const { return outcome_; }

 private:
    enum class Verb : std::uint8_t { get, update, remove };
    ShadowCall(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, Verb verb, const Json& body);

    void refused(ShadowRejection rejection);
    void look();
    void looked(const Answer& answer);

    const Clock* clock_;
    ShadowTopics topics_;
    Tokens* tokens_;
    Verb verb_;
    std::string topic_;
    Request request_;
    ShadowChange change_;
    std::optional<ShadowRejection> conflict_;  // of an update that may be ours: the shadow is being looked at
    std::optional<ShadowOutcome> outcome_;
};

}  // namespace trustx::mqtt
