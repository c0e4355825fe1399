// SPDX-License-Identifier: Apache-2.0
// A queue of processes in a file: first come, first served. One that waits draws a number and locks the byte of that
// number; it is the first when none has a lower one. The kernel removes processes that end from the queue.
#pragma once

#include "device/byte_lock.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

namespace trustx {

// LockQueue is one place in the queue, or none. The queue orders; it protects nothing. Errors: errno codes.
class LockQueue {
 public:
    // The next number is kept in the file at number_at; the bytes that stand for numbers lie far beyond any content.
    LockQueue(int fd, off_t number_at) : fd_{fd}, number_at_{number_at} {}
    ~LockQueue() { leave(); }
    LockQueue(const LockQueue&) = delete;
    LockQueue& operator=(const LockQueue&) = delete;

    // anybody_waits, without having a place in the queue.
    [[nodiscard]] Result<bool> anybody_waits() const;

    // enter takes the last place, or none where another process is drawing a number at this moment: try again.
    [[nodiscard]] Result<void> enter();
    [[nodiscard]] bool entered() const noexcept { return number_.has_value(); }

    [[nodiscard]] Result<bool> first() const;

    void leave() noexcept;

 private:
    [[nodiscard]] std::uint32_t draw_number() const;
    [[nodiscard]] Result<bool> none_between(std::uint32_t from, std::uint32_t to) const;

    int fd_;
    off_t number_at_;
    std::optional<std::uint32_t> number_;
};

}  // namespace trustx
