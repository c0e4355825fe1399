// SPDX-License-Identifier: Apache-2.0
// trustx aws status.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/fleet/gateway.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

constexpr const char* what_status_does =
    R"(Nothing is sent, and the chip is not asked.

Examples:
  trustx aws status
  trustx aws status --json)";

struct StatusOptions {
    DirectoryOptions directories;
    bool json = false;
};

const char* words_when_done(aws::Task task) {
    switch (task) {
        case aws::Task::enroll:
            break;
        case aws::Task::rotate:
            return "rotated";
        case aws::Task::retire:
            return "retired";
    }
    return "enrolled";
}

const char* phase_words(const aws::Journal& journal) {
    switch (journal.phase) {
        case aws::Phase::enrolling:
            return aws::waits_for_operator(journal) ? "waits for the operator's answer"
                   : aws::is_installed(journal)     ? "installed, and not connected yet"
                                                    : "not ended";
        case aws::Phase::abandoning:
            return "being abandoned";
        case aws::Phase::done:
            break;
    }
    return words_when_done(journal.order.task);
}

nlohmann::ordered_json state_json(const aws::State& state, const aws::Directories& directories) {
    nlohmann::ordered_json json{{"identity_directory", directories.identity}, {"state_directory", directories.state}};
    if (state.identity) {
        json["identity"] = nlohmann::ordered_json::parse(state.identity->text());
    }
    if (state.journal) {
        json["journal"] = {{"phase", phase_words(*state.journal)},
                           {"task", aws::name_of(state.journal->order.task)},
                           {"step", state.journal->step},
                           {"method", aws::name_of(state.journal->order.method)},
                           {"thing", state.journal->order.thing},
                           {"slot", state.journal->order.slot.hex()},
                           {"chip", state.journal->chip},
                           {"begun", text::time_text(state.journal->begun)},
                           {"certificate_id", state.journal->facts.certificate_id}};
    }
    return json;
}

std::string state_text(const aws::State& state, const aws::Directories& directories) {
    std::string text = "identity: " + directories.identity + "\n";
    if (state.identity) {
        text += "  account: " + (state.identity->account.empty() ? "not known here" : state.identity->account) +
                "\n  thing: " + state.identity->thing + "\n  certificate: " + state.identity->certificate_id +
                "\n  key: " + title(state.identity->slot) + "\n  broker: " + state.identity->endpoint.text() + "\n";
    } else {
        text += "  none\n";
    }
    text += "journal: " + directories.state + "\n";
    if (!state.journal) {
        return text + "  none\n";
    }
    const auto& journal = *state.journal;
    // A retirement has no method, but that of the identity's enrolment where it is known.
    const auto method = journal.order.task == aws::Task::retire
                            ? std::string{}
                            : " by " + std::string{aws::name_of(journal.order.method)};
    text += "  " + journal.order.thing + method + ", begun " + text::time_text(journal.begun) + ": " +
            phase_words(journal) + "\n";
    return journal.phase == aws::Phase::done ? text : text + "  at the step: " + journal.step + "\n";
}

// status is unsuccessful for a gateway that is not enrolled, so that scripts need not read it.
Result<void> status(const Context& context, const StatusOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    files::DiskStore files;
    TRY(const auto state, aws::read_state(files, directories));
    TRYV(answer(options.json ? json_text(state_json(state, directories)) : state_text(state, directories)));
    if (state.journal && state.journal->phase != aws::Phase::done) {
        return fail(aws::EnrolmentErrc::unfinished,
                    "what was begun with " + state.journal->order.thing + " has not ended: " + ways_on(*state.journal));
    }
    return state.identity
               ? Result<void>{}
               : fail(aws::EnrolmentErrc::nothing_begun, "this gateway is not enrolled: `trustx aws enroll` does that");
}

}  // namespace

void add_aws_status(Command& aws) {
    const auto options = std::make_shared<StatusOptions>();
    auto command = aws.subcommand("status", "Say how far the enrolment is, and where its files are", what_status_does);
    command.flag("--json", options->json, "The same for programs");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return status(context, *options); });
}

}  // namespace trustx::cli
