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

std::deque<Event> EventQueue::take() {
    const std::lock_guard guard{mutex_};
    eventfd_t ignored = 0;
    ::eventfd_read(fd(), &ignored);
    return std::exchange(events_, {});
}

}  // namespace trustx::mqtt
