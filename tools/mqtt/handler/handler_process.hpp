// SPDX-License-Identifier: Apache-2.0
// A program of the operator's that does what the cloud wants: a document on its standard input, what it prints, a time
// in which it must end. After that it is asked to end (SIGTERM), then made to, with all that it started in its group.
// What it leaves behind when it ends by itself goes on.
#pragma once

#include "common/process/running_program.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

class HandlerProcess {
 public:
    static constexpr std::chrono::seconds grace{5};  // between SIGTERM and SIGKILL

    // start: errors are the errno of what could not be started.
    static trustx::Result<HandlerProcess> start(const process::Command& command, const Clock& clock, Duration allowed);

    [[nodiscard]] std::vector<int> descriptors() const { return program_.descriptors(); }
    void readable(int fd) { program_.readable(fd); }
    [[nodiscard]] std::optional<TimePoint> wakes_at() const;

    // stop ends it before its time: its outcome is that of a program that was too late.
    void stop();

    // take_output gives what it has printed since the last call.
    std::string take_output();

    // ended is its outcome once it has ended; to be asked after readable() and at wakes_at(). The output is what was
    // not taken.
    std::optional<process::Outcome> ended();

 private:
    HandlerProcess(process::RunningProgram program, const Clock& clock, Deadline deadline)
        : program_{std::move(program)}, clock_{&clock}, deadline_{deadline} {}
    void press();

    process::RunningProgram program_;
    const Clock* clock_;
    Deadline deadline_;     // of what is waited for: its end, or that of a grace
    TimePoint looks_at_{};  // whether it has ended, where nothing tells
    int asked_ = 0;         // the last signal that it got
    bool gone_ = false;     // it has ended, and its output is waited for
};

}  // namespace trustx::mqtt
