// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/enrolment.hpp"

#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace trustx::aws {
namespace {

struct PlaceName {
    Place place;
    const char* text;
};

constexpr std::array place_names{PlaceName{Place::nothing, ""}, PlaceName{Place::chip, "chip"},
                                 PlaceName{Place::cloud, "cloud"}, PlaceName{Place::files, "files"},
                                 PlaceName{Place::broker, "broker"}};

// from is the steps from that of the journal on; `step` is not known: all.
std::span<const Step> steps_from(const Journal& journal) {
    const auto steps = steps_of(journal.order);
    const auto at = std::ranges::find(steps, journal.step, &Step::name);
    return at == steps.end() ? steps : std::span{at, steps.end()};
}

// steps_begun is the steps up to that of the journal, which may have been done in part.
std::span<const Step> steps_begun(const Journal& journal) {
    const auto steps = steps_of(journal.order);
    const auto at = std::ranges::find(steps, journal.step, &Step::name);
    return at == steps.end() ? std::span<const Step>{} : std::span{steps.begin(), at + 1};
}

// carry_on writes no journal before there is something to be resumed: what an enrolment that is refused at once would
// have overwritten is that of the last one.
Result<void> carry_on(Run& run) {
    for (const auto& step : steps_from(run.journal)) {
        run.journal.step = step.name;
        if (run.durable || step.place != Place::nothing) {
            TRYV(run.record());
        }
        TRYV(step.perform(run));
    }
    run.journal.phase = Phase::done;
    return run.record();
}

Result<void> take_back(Run& run) {
    run.journal.phase = Phase::abandoning;
    TRYV(run.record());
    const auto steps = steps_begun(run.journal);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        if (step->undo != nullptr) {
            TRYV(step->undo(run).during("take back the step `" + std::string{step->name} + "`"));
        }
    }
    return run.file.remove();
}

tl::unexpected<Error> unfinished(const Journal& journal, const std::string& path) {
    return fail(EnrolmentErrc::unfinished, "the enrolment of " + journal.order.thing +
                                               " has not ended, it is at the step `" + journal.step + "` (" + path +
                                               "): resume it, or abandon it");
}

Result<void> check_chip(const Journal& journal, const Uid& uid) {
    if (uid.hex() == journal.chip) {
        return {};
    }
    return fail(EnrolmentErrc::other_chip, "the enrolment of " + journal.order.thing + " is about the chip " +
                                               journal.chip + ", and this is " + uid.hex() +
                                               ": attach that chip, or abandon the enrolment with it");
}

}  // namespace

std::vector<PlannedStep> plan(const Order& order) {
    std::vector<PlannedStep> lines;
    for (const auto& step : steps_of(order)) {
        lines.push_back({.name = std::string{step.name},
                         .where = std::ranges::find(place_names, step.place, &PlaceName::place)->text,
                         .what = step.plan(order)});
    }
    return lines;
}

Result<State> read_state(files::FileStore& files, const Directories& directories) {
    State state;
    TRY(state.journal, JournalFile{files, directories.state}.load());
    TRY(state.identity, load_identity(files, directories));
    return state;
}

Result<void> Enrolment::enroll(const Order& order) {
    TRYV(order.check());
    JournalFile file{seams_.files, directories_.state};
    TRY(const auto lock, file.lock());
    TRY(const auto present, file.load());
    if (present && present->phase != Phase::done) {
        return unfinished(*present, file.path());
    }
    TRY(const auto uid, seams_.chip.uid());
    Run run{
        .seams = seams_,
        .directories = directories_,
        .file = file,
        .journal = {.order = order, .chip = uid.hex(), .begun = std::chrono::system_clock::to_time_t(seams_.now())}};
    return carry_on(run);
}

Result<Run> Enrolment::taken_up(const JournalFile& file) {
    auto source = file;
    TRY(auto present, source.load());
    if (!present) {
        return fail(EnrolmentErrc::nothing_begun,
                    "there is no enrolment to go on with: " + source.path() + " does not exist");
    }
    TRY(const auto uid, seams_.chip.uid());
    TRYV(check_chip(*present, uid));
    return Run{
        .seams = seams_, .directories = directories_, .file = source, .journal = std::move(*present), .durable = true};
}

Result<void> Enrolment::resume() {
    JournalFile file{seams_.files, directories_.state};
    TRY(const auto lock, file.lock());
    TRY(auto run, taken_up(file));
    if (run.journal.phase == Phase::abandoning) {
        return fail(EnrolmentErrc::unfinished,
                    "the enrolment of " + run.order().thing + " is being abandoned: abandon it again, to the end");
    }
    return run.journal.phase == Phase::done ? Result<void>{} : carry_on(run);
}

Result<void> Enrolment::abandon() {
    JournalFile file{seams_.files, directories_.state};
    TRY(const auto lock, file.lock());
    TRY(auto run, taken_up(file));
    if (run.journal.phase == Phase::done) {
        return fail(EnrolmentErrc::enrolled_already,
                    run.order().thing + " is enrolled: there is nothing to abandon, and its identity may be in use");
    }
    return take_back(run);
}

}  // namespace trustx::aws
