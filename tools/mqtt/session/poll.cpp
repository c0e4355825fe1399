// SPDX-License-Identifier: Apache-2.0
#include "session/poll.hpp"

#include <algorithm>
#include <cstdint>

namespace trustx::mqtt {
namespace {

int milliseconds_until(std::optional<Poll::TimePoint> until, Poll::TimePoint now) {
    if (!until) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - now).count();
    constexpr std::int64_t longest = 60'000;  // any bound that fits an int: the caller waits again
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

}  // namespace

Poll::TimePoint SystemPoll::now() const {
    return std::chrono::steady_clock::now();
}

bool SystemPoll::wait(std::vector<pollfd>& watched, std::optional<TimePoint> until) {
    return ::poll(watched.data(), watched.size(), milliseconds_until(until, now())) >= 0;
}

}  // namespace trustx::mqtt
