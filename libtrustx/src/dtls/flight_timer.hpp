// SPDX-License-Identifier: Apache-2.0
// When a flight is sent again, and when that is given up. Source: chip-dtls.md section 7.
#pragma once

#include <trustx/clock.hpp>

#include <array>
#include <chrono>
#include <cstddef>

namespace trustx::dtls {

class FlightTimer {
 public:
    // start is called when a new flight is sent for the first time.
    void start(TimePoint now) noexcept {
        round_ = 0;
        due_ = now + pauses.front();
    }

    [[nodiscard]] TimePoint due() const noexcept { return due_; }

    // expire is called when the time has come: true where the flight is to be sent again, false where it was sent often
    // enough.
    [[nodiscard]] bool expire(TimePoint now) noexcept {
        if (++round_ == pauses.size()) {
            return false;
        }
        due_ = now + pauses.at(round_);
        return true;
    }

 private:
    static constexpr std::array<std::chrono::seconds, 6> pauses{std::chrono::seconds{2},  std::chrono::seconds{4},
                                                                std::chrono::seconds{8},  std::chrono::seconds{16},
                                                                std::chrono::seconds{32}, std::chrono::seconds{60}};

    std::size_t round_ = 0;
    TimePoint due_{};
};

}  // namespace trustx::dtls
