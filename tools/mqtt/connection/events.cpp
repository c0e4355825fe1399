// SPDX-License-Identifier: Apache-2.0
#include "connection/events.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>

namespace trustx::mqtt {

EventQueue::EventQueue() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!fd_) {
        throw std::system_error(errno, std::system_category(), "eventfd");
    }
}

void EventQueue::push(Event event) {
    const std::lock_guard guard{mutex_};
    events_.push_back(std::move(event));
    ::eventfd_write(fd(), 1);
}

void EventQueue::hand_over(MessageArrived message) {
    std::unique_lock lock{mutex_};
    events_.emplace_back(std::move(message));
    ::eventfd_write(fd(), 1);
    const auto mine = ++handed_over_;
    settled_.wait(lock, [this, mine] { return !holds_back_ || done_ >= mine || waits_for_nothing_; });
}

void EventQueue::hold_back() {
    const std::lock_guard guard{mutex_};
    holds_back_ = true;
}

void EventQueue::settle() {
    const std::lock_guard guard{mutex_};
    done_ = taken_;
    settled_.notify_all();
}

void EventQueue::let_go(bool always) {
    const std::lock_guard guard{mutex_};
    waits_for_nothing_ = always;
    settled_.notify_all();
}

std::deque<Event> EventQueue::take() {
    const std::lock_guard guard{mutex_};
    taken_ = handed_over_;
    eventfd_t ignored = 0;
    ::eventfd_read(fd(), &ignored);
    return std::exchange(events_, {});
}

}  // namespace trustx::mqtt
