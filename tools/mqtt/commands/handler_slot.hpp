// SPDX-License-Identifier: Apache-2.0
// The program that an application runs, one at a time, in the words of the session that waits for it.
#pragma once

#include "handler/handler_process.hpp"
#include "session/application.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trustx::mqtt {

// proxy_setting is https_proxy as this program was started with it: handlers get it back, although run.cpp takes it
// away from Paho. To be asked when an application is made.
[[nodiscard]] std::vector<std::string> proxy_setting();

class HandlerSlot {
 public:
    void take(HandlerProcess program) { program_.emplace(std::move(program)); }
    [[nodiscard]] bool busy() const { return program_.has_value(); }

    // What the session waits for, and what it calls then; free: nothing.
    [[nodiscard]] std::vector<WatchedFd> descriptors() const;
    [[nodiscard]] std::optional<Application::TimePoint> wakes_at() const;
    void readable(int fd);

    void stop();
    // take_output is what it has printed since the last call.
    std::string take_output();
    // ended is its outcome once it has ended, and the slot is free then; asked for after readable() and at wakes_at().
    std::optional<process::Outcome> ended();

 private:
    std::optional<HandlerProcess> program_;
};

}  // namespace trustx::mqtt
