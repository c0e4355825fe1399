// SPDX-License-Identifier: Apache-2.0
#include "connection/events.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace trustx::mqtt {

EventQueue::EventQueue() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (fd_ < 0) {
        throw std::system_error(errno, std::system_category(), "eventfd");
    }
}

EventQueue::~EventQueue() {
    ::close(fd_);
}

void EventQueue::push(Event event) {
    const std::lock_guard guard{mutex_};
    events_.push_back(std::move(event));
    ::eventfd_write(fd_, 1);
}

std::deque<Event> EventQueue::take() {
    const std::lock_guard guard{mutex_};
    eventfd_t ignored = 0;
    ::eventfd_read(fd_, &ignored);
    return std::exchange(events_, {});
}

}  // namespace trustx::mqtt
