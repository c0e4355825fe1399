// SPDX-License-Identifier: Apache-2.0
// When to poll for an event: what it took before decides when the first poll is worth a transfer, and what the polls
// find decides when the first poll of the next wait should be.
#pragma once

#include <trustx/clock.hpp>

#include <optional>

namespace trustx::ifx_i2c {

// Expectation is what was learned about one kind of wait. A value.
class Expectation {
 public:
    // typical is a known duration of that kind, zero where there is none. As long as nothing was learned the first poll
    // comes after half of it: chips differ.
    explicit Expectation(Duration typical = Duration::zero()) : first_poll_{typical / 2} {}

    // Experience is what was learned, for somebody else to go on with.
    struct Experience {
        Duration first_poll{};
        unsigned times_late = 0;
        friend bool operator==(const Experience&, const Experience&) = default;
    };
    explicit Expectation(const Experience& experience) noexcept;
    // experience is absent as long as nothing was learned.
    [[nodiscard]] std::optional<Experience> experience() const noexcept;

    // first_poll is how long after the beginning the first poll should be. It lies a little before the event, so that
    // an event that has become quicker is noticed.
    [[nodiscard]] Duration first_poll() const noexcept { return first_poll_; }

    // late: the event had happened before the first poll; how long before is not known.
    void late() noexcept;
    // early: that long after the beginning it had not happened yet, and at the next poll it had.
    void early(Duration not_yet) noexcept;

 private:
    Duration first_poll_;
    bool experienced_ = false;
    unsigned times_late_ = 0;  // in a row
};

// Watch is one wait: it says when to poll, and passes on what the polls found.
class Watch {
 public:
    // The wait began at `since`. Both references must outlive the Watch.
    Watch(Expectation& expectation, Clock& clock, TimePoint since)
        : expectation_{expectation}, clock_{clock}, since_{since} {}

    // await_poll sleeps before a poll, at most to the deadline: before the first until the event may be expected,
    // before the others as await_next_poll does.
    void await_poll(Deadline deadline);
    // await_next_poll sleeps between two polls, the longer the more the event is overdue.
    void await_next_poll(Deadline deadline) const;

    // still_pending: at that moment it had not happened yet.
    void still_pending(TimePoint when) noexcept;
    // happened ends the wait.
    void happened() noexcept;

 private:
    [[nodiscard]] TimePoint expected() const noexcept { return since_ + expectation_.first_poll(); }

    Expectation& expectation_;
    Clock& clock_;
    TimePoint since_;
    bool begun_ = false;
    Duration not_yet_{};  // of the last poll since the event was expected
};

}  // namespace trustx::ifx_i2c
