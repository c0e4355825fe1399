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

// LockQueue is one place in the queue, or none. The queue orders; it protects nothing. Errors: errno codes.
class LockQueue {
 public:
    // Two numbers of 32 bits are kept in the file at numbers_at: the next one, and the first that is not passed over.
    // The bytes that stand for numbers lie far beyond any content.
    LockQueue(ByteLocks locks, off_t numbers_at) : locks_{locks}, numbers_at_{numbers_at} {}
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

    void leave() noexcept;

 private:
    [[nodiscard]] std::uint32_t draw_number() const;
    [[nodiscard]] std::uint32_t load(off_t index) const noexcept;
    void store(off_t index, std::uint32_t number) const noexcept;
    [[nodiscard]] Result<bool> none_between(std::uint32_t from, std::uint32_t to) const;

    ByteLocks locks_;
    off_t numbers_at_;
    std::optional<std::uint32_t> number_;
};

}  // namespace trustx
