// SPDX-License-Identifier: Apache-2.0
// Mutexes with a time limit that a forked child finds free, even if another thread of the parent held them at the
// moment of the fork: that thread does not exist in the child, and nobody would ever release a std::timed_mutex.
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

 private:
    // 0: free. Otherwise the fork generation of the holder, shifted by one, and a bit that says somebody waits.
    std::atomic<std::uint32_t> word_{0};
};

// FairThreadLock makes threads take turns: who releases it and wants it again at once queues behind the one who waits.
class FairThreadLock {
 public:
    [[nodiscard]] bool try_lock_for(std::chrono::nanoseconds limit) noexcept;
    void unlock() noexcept { lock_.unlock(); }

 private:
    ThreadLock turn_;  // held by the next in line only
    ThreadLock lock_;
};

}  // namespace trustx
