// SPDX-License-Identifier: Apache-2.0
// How many private key uses the chip allows before its security event counter rises. The chip does not report that; its
// counter bounds it. Source: chip-objects.md section 9.
#pragma once

#include <trustx/system_objects.hpp>

#include <chrono>
#include <optional>

namespace trustx::cli {

// SecurityCredit bounds the credit from the counter as it is seen over time. The credit grows by one in each tmax
// without an event, while the counter is zero, up to 5; an event costs one. While the counter is above zero there is
// none.
class SecurityCredit {
 public:
    static constexpr int most = 5;

    // see takes a reading. Times must not decrease.
    void see(SecurityEventCounter counter, std::chrono::steady_clock::time_point now);

    // at_most is a bound whatever other programs do. if_idle is the credit when nobody used a private key since the
    // first reading; it starts at 0, what a chip has after a reset.
    [[nodiscard]] int at_most() const { return at_most_; }
    [[nodiscard]] int if_idle() const { return if_idle_; }

 private:
    std::optional<std::chrono::steady_clock::time_point> last_above_zero_;  // none was seen
    std::optional<std::chrono::steady_clock::time_point> idle_since_;
    int at_most_ = most;
    int if_idle_ = 0;
};

}  // namespace trustx::cli
