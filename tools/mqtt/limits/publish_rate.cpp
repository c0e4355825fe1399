// SPDX-License-Identifier: Apache-2.0
#include "limits/publish_rate.hpp"

#include <algorithm>

namespace trustx::mqtt {

void PublishRate::Account::add(TimePoint now, Duration price) {
    paid_until = std::max(paid_until, now) + price;
}

PublishRate::Duration PublishRate::Account::wait(TimePoint now) const {
    const auto owed = paid_until - now;
    return owed > credit ? owed - credit / 2 : Duration{0};
}

PublishRate::PublishRate(Limits limits)
    : limits_{limits},
      messages_{.credit = price_of_message() * (limits.burst - 1)},
      bytes_{.credit = price_of(limits.burst_bytes)} {}

PublishRate::Duration PublishRate::price_of_message() const {
    return Duration{std::chrono::seconds{1}} / limits_.per_second;
}

PublishRate::Duration PublishRate::price_of(std::size_t bytes) const {
    return Duration{std::chrono::seconds{1}} * bytes / limits_.bytes_per_second;
}

void PublishRate::sent(TimePoint now, std::size_t bytes) {
    messages_.add(now, price_of_message());
    bytes_.add(now, price_of(bytes));
}

PublishRate::Duration PublishRate::wait(TimePoint now) const {
    return std::max(messages_.wait(now), bytes_.wait(now));
}

}  // namespace trustx::mqtt
