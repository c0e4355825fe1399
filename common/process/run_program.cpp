// SPDX-License-Identifier: Apache-2.0
#include "common/process/run_program.hpp"

#include "common/try.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

#include <poll.h>

namespace trustx::process {
namespace {

constexpr int between_looks = 5;  // milliseconds, where only the end of the program is missing and nothing tells of it

int poll_time(const Clock& clock, const Deadline& deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(clock)).count();
    return static_cast<int>(std::min<std::chrono::milliseconds::rep>(left, 1000));
}

void wait_a_little(RunningProgram& program, const Clock& clock, const Deadline& deadline) {
    std::vector<pollfd> polled;
    std::ranges::transform(program.descriptors(), std::back_inserter(polled),
                           [](int fd) { return pollfd{.fd = fd, .events = POLLIN, .revents = 0}; });
    const auto longest = polled.empty() ? between_looks : poll_time(clock, deadline);
    ::poll(polled.data(), polled.size(), longest);
    for (const auto& one : polled) {
        if (one.revents != 0) {
            program.readable(one.fd);
        }
    }
}

}  // namespace

Result<Outcome> run_program(const Command& command, const Clock& clock, const Deadline& deadline) {
    TRY(auto program, RunningProgram::start(command));
    auto until = deadline;
    bool gone = false;
    for (;;) {
        if (auto outcome = program.ended()) {
            return *std::move(outcome);
        }
        if (until.passed(clock)) {
            return program.outcome_now();
        }
        if (!gone && program.gone()) {
            gone = true;
            until.at = std::min(deadline.at, clock.now() + output_after_end);
        }
        wait_a_little(program, clock, until);
    }
}

}  // namespace trustx::process
