// SPDX-License-Identifier: Apache-2.0
#include "device/thread_lock.hpp"

#include "device/fork_generation.hpp"

#include <algorithm>

#include <linux/futex.h>
#include <linux/time_types.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace trustx {
namespace {

constexpr std::uint32_t waiter_flag = 1;

// One for each thread, so that its address tells threads apart.
constinit thread_local char mark_of_this_thread = 0;

std::uint32_t held_now() noexcept {
    return fork_generation() << 1U;
}

bool held_by_this_process(std::uint32_t word) noexcept {
    return (word & ~waiter_flag) == held_now();
}

// C++ has no wait with a time limit on an atomic, so the system call is made directly (futex(2)).
void wait_while(std::atomic<std::uint32_t>& word, std::uint32_t value, std::chrono::nanoseconds limit) noexcept {
    static_assert(sizeof(word) == sizeof(std::uint32_t));
    // The structure of this system call keeps its width; timespec becomes wider where a 32-bit system counts its time
    // in 64 bits. A day at most: a thread that woke too early waits again.
    const std::chrono::nanoseconds once = std::min<std::chrono::nanoseconds>(limit, std::chrono::hours{24});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(once);
    __kernel_old_timespec timeout{};
    timeout.tv_sec = static_cast<__kernel_old_time_t>(seconds.count());
    timeout.tv_nsec = static_cast<long>((once - seconds).count());
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, &timeout, nullptr, 0);
}

void wake_one(std::atomic<std::uint32_t>& word) noexcept {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

bool ThreadLock::try_lock_for(std::chrono::nanoseconds limit) noexcept {
    const auto give_up_at = std::chrono::steady_clock::now() + limit;
    // A thread that waited once takes the lock with the flag set: it cannot know whether others still wait.
    std::uint32_t mine = held_now();
    auto seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        if (!held_by_this_process(seen)) {
            if (word_.compare_exchange_weak(seen, mine, std::memory_order_acquire, std::memory_order_relaxed)) {
                return true;
            }
            continue;
        }
        const auto left = give_up_at - std::chrono::steady_clock::now();
        if (left <= std::chrono::nanoseconds::zero()) {
            return false;
        }
        mine = held_now() | waiter_flag;
        if ((seen & waiter_flag) == 0 &&
            !word_.compare_exchange_weak(seen, seen | waiter_flag, std::memory_order_relaxed)) {
            continue;
        }
        wait_while(word_, seen | waiter_flag, left);
        seen = word_.load(std::memory_order_relaxed);
    }
}

void ThreadLock::unlock() noexcept {
    if ((word_.exchange(0, std::memory_order_release) & waiter_flag) != 0) {
        wake_one(word_);
    }
}

bool ThreadLock::is_held() const noexcept {
    return held_by_this_process(word_.load(std::memory_order_relaxed));
}

FairThreadLock::Outcome FairThreadLock::try_lock_for(std::chrono::nanoseconds limit) noexcept {
    const auto give_up_at = std::chrono::steady_clock::now() + limit;
    if (held_by_this_thread()) {
        return Outcome::held_by_this_thread;
    }
    if (!turn_.try_lock_for(limit)) {
        return Outcome::late;
    }
    const bool locked = lock_.try_lock_for(give_up_at - std::chrono::steady_clock::now());
    turn_.unlock();
    if (!locked) {
        return Outcome::late;
    }
    holder_.store(&mark_of_this_thread, std::memory_order_relaxed);
    return Outcome::locked;
}

bool FairThreadLock::held_by_this_thread() const noexcept {
    return holder_.load(std::memory_order_relaxed) == &mark_of_this_thread && lock_.is_held();
}

void FairThreadLock::unlock() noexcept {
    holder_.store(nullptr, std::memory_order_relaxed);
    lock_.unlock();
}

}  // namespace trustx
