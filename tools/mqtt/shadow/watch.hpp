// SPDX-License-Identifier: Apache-2.0
// A shadow that is followed: what is desired of the thing and not reported yet (a delta), in the order of versions, and
// what the thing reports of it. After each connection the shadow is asked for first, because no delta was delivered in
// between; a delta that is not newer than what is known is dropped (aws-iot.md section 8.1).
//
// Known is what get and deltas brought. The answers to updates do not count: they overtake the delta of the same
// version, which would then be dropped.
#pragma once

#include "requests/notice.hpp"
#include "requests/request.hpp"
#include "shadow/topics.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

// Delta is what is desired and not reported so: all of it, so that only the newest counts.
struct Delta {
    std::int64_t version = 0;
    Json state;
    Json metadata;  // when each member was desired
};

class ShadowWatch {
 public:
    static constexpr std::chrono::seconds first_pause{10};                // after a delta could not be handled, ...
    static constexpr std::chrono::seconds longest_pause{600};             // ... doubled each time
    static constexpr std::size_t longest_report = std::size_t{8} * 1024;  // bytes (aws-iot.md section 8.1)

    ShadowWatch(const Clock& clock, const ShadowTopics& topics, Tokens& tokens, Notify notify);

    [[nodiscard]] std::vector<std::string> filters() const;

    void connected();
    void connection_lost();
    void arrived(std::string_view topic, std::string_view payload);
    std::optional<Publication> next();
    [[nodiscard]] std::optional<TimePoint> wakes_at() const;
    void wake();

    // take is the delta to be handled now: one at a time, and none before the report of the last is answered.
    std::optional<Delta> take();
    // handled ends the handling: with an object to report, without one, or in vain; then it comes again after a pause.
    void handled(const std::optional<Json>& reported);
    void failed();

    // busy: a delta is being handled, or its report has no answer yet.
    [[nodiscard]] bool busy() const { return handling_ || report_; }

 private:
    void got(const Answer& answer);
    void changed(std::string_view payload);
    void offer(Delta delta);
    void report_answered(const Answer& answer);

    const Clock& clock_;
    ShadowTopics topics_;
    Tokens& tokens_;
    Notify notify_;
    std::optional<Request> get_;  // there after each connection, until it is answered
    std::optional<Request> report_;
    std::optional<std::int64_t> known_;  // version
    std::optional<Delta> early_;         // a delta that came before the answer to get
    std::optional<Delta> waiting_;
    std::optional<Delta> handling_;
    bool outdated_ = false;      // something else is desired than what is being handled
    std::optional<Delta> done_;  // the last that was handled
    std::optional<TimePoint> not_before_;
    std::chrono::seconds pause_ = first_pause;
};

}  // namespace trustx::mqtt
