// SPDX-License-Identifier: Apache-2.0
// Time, and waiting for it and for descriptors at once: poll(2) and the monotonic clock, or those of a test.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include <poll.h>

namespace trustx::mqtt {

class Poll {
 public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Poll() = default;
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;
    virtual ~Poll() = default;

    [[nodiscard]] virtual TimePoint now() const = 0;

    // wait returns when one of the descriptors is ready, whose revents are set then, when the time has come, or earlier
    // without a reason. Without `until` it waits for descriptors only. false: no revents are set, as after a signal.
    virtual bool wait(std::vector<pollfd>& watched, std::optional<TimePoint> until) = 0;
};

class SystemPoll final : public Poll {
 public:
    [[nodiscard]] TimePoint now() const override;
    bool wait(std::vector<pollfd>& watched, std::optional<TimePoint> until) override;
};

}  // namespace trustx::mqtt
