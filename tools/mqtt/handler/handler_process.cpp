// SPDX-License-Identifier: Apache-2.0
#include "handler/handler_process.hpp"

#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <csignal>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::milliseconds between_looks{20};  // where nothing tells of its end

}  // namespace

trustx::Result<HandlerProcess> HandlerProcess::start(const process::Command& command, const Clock& clock,
                                                     Duration allowed) {
    TRY(auto program, process::RunningProgram::start(command));
    return HandlerProcess{std::move(program), clock, Deadline::after(clock, allowed)};
}

std::optional<TimePoint> HandlerProcess::wakes_at() const {
    const bool nothing_tells = !gone_ && program_.descriptors().empty();
    return nothing_tells ? std::min(deadline_.at, looks_at_) : deadline_.at;
}

void HandlerProcess::stop() {
    if (asked_ == 0 && !gone_) {
        press();
    }
}

// press uses the next stronger means.
void HandlerProcess::press() {
    asked_ = asked_ == 0 ? SIGTERM : SIGKILL;
    program_.signal(asked_);
    deadline_ = Deadline::after(*clock_, grace);
}

std::string HandlerProcess::take_output() {
    const auto output = program_.take_output();
    return std::string{text::as_text(output)};
}

std::optional<process::Outcome> HandlerProcess::ended() {
    auto outcome = program_.ended();
    if (!outcome && !gone_ && program_.gone()) {
        gone_ = true;
        deadline_ = Deadline::after(*clock_, process::output_after_end);
    }
    if (!outcome && deadline_.passed(*clock_)) {
        if (gone_ || asked_ == SIGKILL) {
            outcome = program_.outcome_now();  // something that it has left behind holds its output
        } else {
            press();
        }
    }
    if (!outcome) {
        looks_at_ = clock_->now() + between_looks;
    }
    if (outcome && asked_ != 0) {
        outcome->ending = process::Ending::too_late;
    }
    return outcome;
}

}  // namespace trustx::mqtt
