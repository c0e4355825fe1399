// SPDX-License-Identifier: Apache-2.0
// When to look whether something has happened: what it took before decides when the first look is worth a transfer, and
// what the looks find decides when the next first look should be.
#pragma once

#include <trustx/clock.hpp>

namespace trustx::ifx_i2c {

// Expectation is what was learned about one kind of wait. A value.
class Expectation {
 public:
    // typical is a known duration of that kind, zero where there is none. As long as nothing was learned the first look
    // comes after half of it: chips differ.
    explicit Expectation(Duration typical = Duration::zero()) : first_look_{typical / 2} {}

    // first_look is how long after the beginning the first look should be. It lies a little before the event, so that
    // an event that has become quicker is noticed.
    [[nodiscard]] Duration first_look() const noexcept { return first_look_; }

    // late: the event had happened before the first look; how long before is not known.
    void late() noexcept;
    // early: that long after the beginning it had not happened yet, and at the next look it had.
    void early(Duration not_yet) noexcept;

 private:
    Duration first_look_;
    bool experienced_ = false;
    unsigned times_late_ = 0;  // in a row
};

// Watch is one wait: it says when to look, and passes on what the looks found.
class Watch {
 public:
    // The wait began at `since`. Both references must outlive the Watch.
    Watch(Expectation& expectation, Clock& clock, TimePoint since)
        : expectation_{expectation}, clock_{clock}, since_{since} {}

    // await_look sleeps before a look, at most to the deadline: before the first until the event may be expected,
    // before the others as await_next_look does.
    void await_look(Deadline deadline);
    // await_next_look sleeps between two looks, the longer the more the event is overdue.
    void await_next_look(Deadline deadline) const;

    // in_vain: at that moment it had not happened yet.
    void in_vain(TimePoint when) noexcept;
    // happened ends the wait.
    void happened() noexcept;

 private:
    [[nodiscard]] TimePoint expected() const noexcept { return since_ + expectation_.first_look(); }

    Expectation& expectation_;
    Clock& clock_;
    TimePoint since_;
    bool begun_ = false;
    Duration not_yet_{};  // the last look in vain since the event was expected
};

}  // namespace trustx::ifx_i2c
