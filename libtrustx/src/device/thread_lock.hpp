// SPDX-License-Identifier: Apache-2.0
// Mutexes with a time limit that a forked child finds free, even if another thread of the parent held them at the
// moment of the fork: that thread does not exist in the child, and nothing would ever release a std::timed_mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace trustx {

class ThreadLock {
 public:
    // try_lock_for waits at most that long; false when the lock stayed taken.
    [[nodiscard]] bool try_lock_for(std::chrono::nanoseconds limit) noexcept;
    void unlock() noexcept;
    [[nodiscard]] bool is_held() const noexcept;

 private:
    // 0: free. Otherwise the fork generation of the holder, shifted by one, and a bit that says another thread waits.
    std::atomic<std::uint32_t> word_{0};
};

// FairThreadLock makes threads take turns: one that releases it and wants it again at once queues behind the one that
// waits. A thread that wants the lock it holds would wait in vain, and gets an error instead.
class FairThreadLock {
 public:
    enum class Outcome { locked, late, held_by_this_thread };

    [[nodiscard]] Outcome try_lock_for(std::chrono::nanoseconds limit) noexcept;
    void unlock() noexcept;
    [[nodiscard]] bool held_by_this_thread() const noexcept;

 private:
    ThreadLock turn_;  // held by the next in line only
    ThreadLock lock_;
    std::atomic<const void*> holder_{nullptr};  // a mark of the thread that has lock_
};

}  // namespace trustx
