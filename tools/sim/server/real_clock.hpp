// SPDX-License-Identifier: Apache-2.0
// The clock of a simulator that people and programs talk to.
#pragma once

#include "../clock.hpp"

namespace trustx::sim {

class RealClock final : public Clock {
 public:
    [[nodiscard]] Time now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace trustx::sim
