// SPDX-License-Identifier: Apache-2.0
// The security monitor: uses of stored private keys beyond the permitted rate raise a counter, and a high counter
// slows the chip down (chip-objects.md section 9).
#pragma once

#include "model/base/clock.hpp"

#include <cstdint>
#include <optional>

namespace trustx::sim {

// SecurityMonitor keeps credit and time; the counter SEC itself is an object in non-volatile memory.
class SecurityMonitor {
 public:
    static constexpr Duration tmax = std::chrono::seconds{5};
    static constexpr int max_credit = 5;
    static constexpr std::uint8_t throttle_from = 128;

    // reset loses the credit, as every reset of the chip does.
    void reset(Time now);
    // advance applies all periods without an event that have passed until now.
    void advance(Time now, std::uint8_t& sec);
    // event counts one protected operation.
    void event(Time now, std::uint8_t& sec);

    // delay is what a protected operation waits before it starts.
    [[nodiscard]] static Duration delay(std::uint8_t sec);
    [[nodiscard]] int credit() const { return credit_; }

 private:
    std::optional<Time> period_start_;  // absent until the first call with a time
    int credit_ = 0;
};

}  // namespace trustx::sim
