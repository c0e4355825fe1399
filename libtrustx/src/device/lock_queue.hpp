// SPDX-License-Identifier: Apache-2.0
// A queue of processes in a file: first come, first served. One that waits draws a number and locks the byte of that
// number; it is the first when none has a lower one. The kernel removes those that end from the queue; one that is
// stopped is passed over by the next.
#pragma once

#include "device/byte_lock.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

namespace trustx {

// QueuePlace is where a queue is in its file.
struct QueuePlace {
    // Two numbers of 32 bits: the next one, and the first that is not passed over.
    off_t numbers_at;
    // The bytes that stand for numbers, and the one before them, lie far beyond any content.
    off_t first_place;
};
// The first places of two queues in one file are at least so far apart.
inline constexpr off_t queue_length = off_t{1} << 21;

// LockQueue is one place in the queue, or none. The queue orders; it protects nothing. Errors: errno codes.
class LockQueue {
 public:
    LockQueue(ByteLocks locks, QueuePlace place) : locks_{locks}, place_{place} {}
    LockQueue(const LockQueue&) = delete;
    LockQueue& operator=(const LockQueue&) = delete;

    // anybody_waits, without having a place in the queue.
    [[nodiscard]] Result<bool> anybody_waits() const;

    // enter takes the last place, or none where another process is drawing a number at this moment: try again.
    [[nodiscard]] Result<void> enter();
    [[nodiscard]] bool entered() const noexcept { return number_.has_value(); }

    // first says whether nobody is before this place, or it was passed over.
    [[nodiscard]] Result<bool> first() const;

    // pass_over lets nobody wait any longer for those that are before this place.
    void pass_over() const noexcept;

    // leave_if_passed_over is for one that went on after it had been stopped: nobody looks at its place any more, so it
    // enters again as the last.
    void leave_if_passed_over() noexcept;

    void leave() noexcept;

 private:
    [[nodiscard]] std::uint32_t draw_number() const;
    [[nodiscard]] std::uint32_t load(off_t index) const noexcept;
    void store(off_t index, std::uint32_t number) const noexcept;
    [[nodiscard]] Result<bool> none_between(std::uint32_t from, std::uint32_t to) const;

    [[nodiscard]] off_t place(std::uint32_t number) const noexcept {
        return place_.first_place + static_cast<off_t>(number);
    }
    // The process that has this byte locked draws a number.
    [[nodiscard]] off_t drawing() const noexcept { return place_.first_place - 1; }

    ByteLocks locks_;
    QueuePlace place_;
    std::optional<std::uint32_t> number_;
};

}  // namespace trustx
