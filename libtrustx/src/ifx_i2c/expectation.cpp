// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/expectation.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace trustx::ifx_i2c {
namespace {

using namespace std::chrono_literals;

// Between two polls: not more often than a transfer takes, and not less often than Infineon's host library polls
// (chip-i2c.md section 4). In between a fraction of the time by which the event is overdue.
constexpr Duration shortest_pause = 100us;
constexpr Duration longest_pause = 5ms;
constexpr int overdue_fraction = 4;

// What took longer was delayed by the security monitor (chip-objects.md section 9), which says nothing about the next
// time.
constexpr Duration longest_memory = 1s;

// The first poll moves forward by these fractions while it is too late repeatedly.
constexpr std::array steps{256, 64, 16, 4, 2};

}  // namespace

Expectation::Expectation(const Experience& experience) noexcept
    : first_poll_{std::max(experience.first_poll, Duration::zero())},
      experienced_{true},
      times_late_{std::min<unsigned>(experience.times_late, steps.size() - 1)} {}

std::optional<Expectation::Experience> Expectation::experience() const noexcept {
    return experienced_ || times_late_ > 0 ? std::optional{Experience{first_poll_, times_late_}} : std::nullopt;
}

void Expectation::late() noexcept {
    const auto step = std::max<Duration>(first_poll_ / steps.at(times_late_), shortest_pause);
    first_poll_ = std::max(first_poll_ - step, Duration::zero());
    times_late_ = std::min<unsigned>(times_late_ + 1, steps.size() - 1);
}

void Expectation::early(Duration not_yet) noexcept {
    times_late_ = 0;
    if (not_yet > longest_memory) {
        return;
    }
    // The first measurement counts fully; later ones only by a quarter where they differ much: a single delay must not
    // make the next wait too long.
    const bool differs = not_yet > first_poll_ + first_poll_ / 4 + shortest_pause;
    first_poll_ = experienced_ && differs ? first_poll_ + (not_yet - first_poll_) / 4 : not_yet;
    experienced_ = true;
}

void Watch::await_poll(Deadline deadline) {
    if (std::exchange(begun_, true)) {
        await_next_poll(deadline);
        return;
    }
    const auto wake = std::min(expected(), deadline.at);
    if (clock_.now() < wake) {
        clock_.sleep_until(wake);
    }
}

void Watch::await_next_poll(Deadline deadline) const {
    const auto now = clock_.now();
    const auto overdue = now - (now < expected() ? since_ : expected());
    const auto pause = std::clamp<Duration>(overdue / overdue_fraction, shortest_pause, longest_pause);
    clock_.sleep_until(std::min(now + pause, deadline.at));
}

void Watch::still_pending(TimePoint when) noexcept {
    if (when >= expected()) {
        not_yet_ = when - since_;
    }
}

void Watch::happened() noexcept {
    if (not_yet_ > Duration::zero()) {
        expectation_.early(not_yet_);
    } else {
        expectation_.late();
    }
}

}  // namespace trustx::ifx_i2c
