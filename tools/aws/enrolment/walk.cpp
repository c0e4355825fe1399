// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/walk.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <string>

namespace trustx::aws {
namespace {

// steps_from is the steps from that of the journal on; all if it names none yet. It may have been written for another
// method, or by a version with other steps: nothing is known then of what was done. InputErrc::malformed.
Result<std::span<const Step>> steps_from(const Journal& journal, std::span<const Step> steps) {
    const auto at = std::ranges::find(steps, journal.step, &Step::name);
    if (at == steps.end() && !journal.step.empty()) {
        return fail(InputErrc::malformed,
                    "the journal is at the step `" + journal.step +
                        "`, which this version does not have: go on, or take it back, with the version of trustx that "
                        "wrote it; nothing was changed");
    }
    return at == steps.end() ? steps : std::span{at, steps.end()};
}

}  // namespace

std::span<const Step> steps_begun(const Journal& journal, std::span<const Step> steps) {
    const auto at = std::ranges::find(steps, journal.step, &Step::name);
    return at == steps.end() ? std::span<const Step>{} : std::span{steps.begin(), at + 1};
}

// carry_on writes no journal before there is something to be resumed: what an enrolment that is refused at once would
// have overwritten is that of the last one.
Result<void> carry_on(Run& run, std::span<const Step> steps, std::string_view until) {
    TRY(const auto to_do, steps_from(run.journal, steps));
    for (const auto& step : to_do) {
        run.journal.step = step.name;
        if (run.durable || step.place != Place::nothing) {
            TRYV(run.record());
        }
        if (step.name == until) {
            return {};
        }
        TRYV(step.perform(run));
    }
    run.journal.phase = Phase::done;
    return run.record();
}

Result<void> take_back(Run& run, std::span<const Step> steps) {
    TRYV(steps_from(run.journal, steps));
    run.journal.phase = Phase::abandoning;
    TRYV(run.record());
    const auto begun = steps_begun(run.journal, steps);
    for (auto step = begun.rbegin(); step != begun.rend(); ++step) {
        if (step->undo != nullptr) {
            TRYV(step->undo(run).during("take back the step `" + std::string{step->name} + "`"));
        }
    }
    return run.file.remove();
}

}  // namespace trustx::aws
