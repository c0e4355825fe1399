// SPDX-License-Identifier: Apache-2.0
#include "connection/key_credit.hpp"

#include <algorithm>

namespace trustx::mqtt {

void KeyCredit::used(TimePoint now) {
    paid_until_ = std::max(paid_until_, now) + limits_.interval;
}

KeyCredit::Duration KeyCredit::wait(TimePoint now) const {
    const auto allowed_at = paid_until_ - limits_.interval * (limits_.burst - 1);
    return std::max(Duration{0}, std::chrono::ceil<Duration>(allowed_at - now));
}

}  // namespace trustx::mqtt
