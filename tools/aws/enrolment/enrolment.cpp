// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/enrolment.hpp"

#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/methods.hpp"
#include "aws/enrolment/steps.hpp"
#include "aws/enrolment/walk.hpp"
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

// is_done_here says whether nobody else has a part in a rotation by now: an operator who goes on with a request, or a
// service that has perhaps made the certificate active. What they did is not taken back unasked.
bool is_done_here(const Journal& journal) {
    switch (journal.order.method) {
        case EnrolmentMethod::by_operator:
            return false;
        case EnrolmentMethod::claim:
            return !journal.facts.asked;
        default:
            return true;
    }
}

// roll_back is for a rotation that failed: the gateway goes on as it was. What becomes of that is told, and the error
// stays the one that it failed with.
void roll_back(Run& run) {
    if (!run.durable || past_return(run.journal) || !is_done_here(run.journal)) {
        return;
    }
    const auto back = take_back(run, steps_of(run.order()));
    run.note(back ? "the rotation was taken back: the identity in use is the old one"
                  : "the identity in use is the old one; taking the rotation back failed, so abandon it later: " +
                        back.error().message());
}

// remove_replaced takes away the files of an identity that nobody can go back to any more.
void remove_replaced(Run& run) {
    const auto removed = steps::earlier_files.perform(run);
    if (!removed) {
        run.note("files of the identity that was replaced are left: " + removed.error().message());
    }
}

Result<void> to_the_end(Run& run, std::string_view until) {
    auto done = carry_on(run, steps_of(run.order()), until);
    if (!done && run.order().task == Task::rotate) {
        roll_back(run);
    }
    if (run.journal.phase == Phase::done && run.order().task == Task::enroll) {
        remove_replaced(run);
    }
    return done;
}

constexpr const char* words_of(Task task) {
    switch (task) {
        case Task::enroll:
            break;
        case Task::rotate:
            return "rotation";
        case Task::retire:
            return "retirement";
    }
    return "enrolment";
}

std::string what_is_begun(const Journal& journal) {
    return "the " + std::string{words_of(journal.order.task)} + " of " + journal.order.thing;
}

tl::unexpected<Error> unfinished(const Journal& journal, const std::string& path) {
    return fail(EnrolmentErrc::unfinished, what_is_begun(journal) + " has not ended, it is at the step `" +
                                               journal.step + "` (" + path + "): resume it, or abandon it");
}

Result<void> check_chip(const Journal& journal, const Uid& uid) {
    if (uid.hex() == journal.chip) {
        return {};
    }
    return fail(EnrolmentErrc::other_chip, what_is_begun(journal) + " is about the chip " + journal.chip +
                                               ", and this is " + uid.hex() +
                                               ": attach that chip, or abandon this with it");
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

bool past_return(const Journal& journal) {
    return std::ranges::any_of(steps_begun(journal, steps_of(journal.order)), &Step::no_way_back);
}

Result<void> Enrolment::begin(const Order& order, std::string_view until) {
    TRYV(order.check());
    if (!order.ca_file.empty()) {
        TRYV(broker_roots(seams_.files, order.ca_file));  // needed near the end, and nothing is to be begun without it
    }
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
    return to_the_end(run, until);
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

Result<void> Enrolment::resume(std::string_view until) {
    JournalFile file{seams_.files, directories_.state};
    TRY(const auto lock, file.lock());
    TRY(auto run, taken_up(file));
    if (run.journal.phase == Phase::abandoning) {
        return fail(EnrolmentErrc::unfinished,
                    what_is_begun(run.journal) + " is being abandoned: abandon it again, to the end");
    }
    return run.journal.phase == Phase::done ? Result<void>{} : to_the_end(run, until);
}

Result<void> conclude(files::FileStore& store, const Directories& directories) {
    JournalFile file{store, directories.state};
    auto journal = file.load();
    if (!journal || !*journal || (*journal)->phase != Phase::enrolling ||
        (*journal)->step != steps_of((*journal)->order).back().name) {
        return {};
    }
    TRY(const auto lock, file.lock());
    (*journal)->phase = Phase::done;
    return file.save(**journal);
}

Result<void> Enrolment::abandon() {
    JournalFile file{seams_.files, directories_.state};
    TRY(const auto lock, file.lock());
    TRY(auto run, taken_up(file));
    if (run.journal.phase == Phase::done) {
        return fail(EnrolmentErrc::enrolled_already,
                    run.order().thing + " is enrolled: there is nothing to abandon, and its identity may be in use");
    }
    if (past_return(run.journal)) {
        return fail(EnrolmentErrc::no_way_back, what_is_begun(run.journal) +
                                                    " has taken the old certificate out of use, or has begun to: "
                                                    "there is no way back, so resume it");
    }
    return take_back(run, steps_of(run.order()));
}

}  // namespace trustx::aws
