// SPDX-License-Identifier: Apache-2.0
#include "model/chip/security_monitor.hpp"

namespace trustx::sim {

void SecurityMonitor::reset(Time now) {
    period_start_ = now;
    credit_ = 0;
}

void SecurityMonitor::advance(Time now, std::uint8_t& sec) {
    if (!period_start_) {
        // Whatever the clock says: the time before the chip had power does not count.
        period_start_ = now;
    }
    for (Time& start = *period_start_; now - start >= tmax; start += tmax) {
        if (sec > 0) {
            --sec;
        } else if (credit_ < max_credit) {
            ++credit_;
        } else {
            start += (now - start) / tmax * tmax;  // nothing changes any more
            return;
        }
    }
}

void SecurityMonitor::event(Time now, std::uint8_t& sec) {
    advance(now, sec);
    period_start_ = now;
    if (credit_ > 0) {
        --credit_;
    } else if (sec < 0xFF) {
        ++sec;
    }
}

Duration SecurityMonitor::delay(std::uint8_t sec) {
    if (sec < throttle_from) {
        return Duration::zero();
    }
    return tmax * (sec - throttle_from + 1) / throttle_from;
}

}  // namespace trustx::sim
