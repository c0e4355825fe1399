// SPDX-License-Identifier: Apache-2.0
// The time that libssl's timers go by in this process.
#pragma once

#include <trustx/clock.hpp>

namespace trustx::test {

// TimeForLibssl has libssl in this process ask a Clock for the time, for as long as it lives; one at a time.
class TimeForLibssl {
 public:
    explicit TimeForLibssl(const Clock& clock);
    ~TimeForLibssl();
    TimeForLibssl(const TimeForLibssl&) = delete;
    TimeForLibssl& operator=(const TimeForLibssl&) = delete;
};

}  // namespace trustx::test
