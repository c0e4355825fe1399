// SPDX-License-Identifier: Apache-2.0
#include "commands/handler_slot.hpp"

#include <cstdlib>

#include <poll.h>

namespace trustx::mqtt {

std::vector<std::string> proxy_setting() {
    const char* proxy = std::getenv("https_proxy");
    return proxy == nullptr ? std::vector<std::string>{} : std::vector{std::string{"https_proxy="} + proxy};
}

std::vector<WatchedFd> HandlerSlot::descriptors() const {
    std::vector<WatchedFd> watched;
    if (program_) {
        for (const int fd : program_->descriptors()) {
            watched.push_back({.fd = fd, .events = POLLIN});
        }
    }
    return watched;
}

std::optional<Application::TimePoint> HandlerSlot::wakes_at() const {
    return program_ ? program_->wakes_at() : std::nullopt;
}

void HandlerSlot::readable(int fd) {
    if (program_) {
        program_->readable(fd);
    }
}

void HandlerSlot::stop() {
    if (program_) {
        program_->stop();
    }
}

std::string HandlerSlot::take_output() {
    return program_ ? program_->take_output() : std::string{};
}

std::optional<process::Outcome> HandlerSlot::ended() {
    auto outcome = program_ ? program_->ended() : std::nullopt;
    if (outcome) {
        program_.reset();
    }
    return outcome;
}

}  // namespace trustx::mqtt
