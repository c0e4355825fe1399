// SPDX-License-Identifier: Apache-2.0
// trustx aws resume and abandon: what becomes of an enrolment that has not ended.
#include "aws/enrolment/enrolment.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_resume_does =
    R"(What was done already is found out, and not done again. Region and everything else are those of the journal.

Examples:
  trustx aws resume
  trustx aws resume --profile operator)";

constexpr const char* what_abandon_does =
    R"(The certificate is made inactive, detached and deleted, the thing deleted if this enrolment made it, the certificate
taken out of the chip, and the files removed. The key stays in the chip, the policy in the account. What an operator has
approved for a request is the operator's: taken back by `trustx aws approve --take-back`, or, once it was activated, ended
by `trustx aws retire --thing NAME --certificate ID --force`.

Examples:
  trustx aws abandon)";

struct ResumeOptions {
    std::string wait = default_wait;
    std::string profile;
    DirectoryOptions directories;
};

// taken_up opens the session that a journal needs.
Result<std::unique_ptr<GatewaySession>> taken_up(const Context& context, const ResumeOptions& options,
                                                 const aws::Directories& directories) {
    TRY(const auto wait, parse_wait(options.wait));
    files::DiskStore files;
    TRY(const auto state, aws::read_state(files, directories));
    const auto region = state.journal ? state.journal->order.region : std::string{};
    TRYV(load_provider(context));
    if (state.journal && !aws::needs_account(state.journal->order.method)) {
        return GatewaySession::open_without_account(context, wait);
    }
    TRY(auto session, GatewaySession::open(context, {.profile = options.profile, .region = region}, wait));
    const bool issued = !state.journal || !state.journal->facts.certificate.empty();
    if (!issued && state.journal->order.needs_authority()) {
        const auto& order = state.journal->order;
        TRYV(session->use_authority({.certificate = order.authority_certificate, .key = order.authority_key}));
    }
    return session;
}

std::string words_of(aws::Task task) {
    switch (task) {
        case aws::Task::enroll:
            return "enrolment";
        case aws::Task::rotate:
            return "rotation";
        case aws::Task::retire:
            break;
    }
    return "retirement";
}

// tell_resumed says what was carried on to its end.
Result<void> tell_resumed(const Context& context, const aws::State& state, const aws::Directories& directories) {
    if (state.journal && state.journal->order.task == aws::Task::rotate) {
        return tell_rotated(context, directories);
    }
    if (state.journal && state.journal->order.task == aws::Task::retire) {
        context.note(state.journal->order.thing + " is retired");
    } else if (state.identity) {
        tell_enrolled(context, directories);
    }
    return {};
}

// What is begun writes its journal first. A program that was ended before that has changed nothing, and the journal is
// that of the work before.
void tell_nothing_to_resume(const Context& context, const aws::Journal& journal) {
    context.note("nothing to carry on: the " + words_of(journal.order.task) + " of " + journal.order.thing +
                 ", begun " + text::time_text(journal.begun) +
                 ", has ended. Whatever was begun since has done nothing: begin it again");
}

Result<void> resume(const Context& context, const ResumeOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    files::DiskStore files;
    TRY(const auto before, aws::read_state(files, directories));
    TRY(const auto session, taken_up(context, options, directories));
    const auto resumed = aws::Enrolment(session->seams(), directories).resume();
    if (!resumed) {
        tell_unfinished(context, directories, resumed.error());
        return resumed;
    }
    if (before.journal && before.journal->phase == aws::Phase::done) {
        tell_nothing_to_resume(context, *before.journal);
        return {};
    }
    TRY(const auto state, aws::read_state(session->seams().files, directories));
    return tell_resumed(context, state, directories);
}

// left_of says what there is of an enrolment after it was abandoned. What an operator made for it is not known here.
std::string left_of(const aws::Journal& journal) {
    const std::string task = journal.order.task == aws::Task::rotate ? "rotation" : "enrolment";
    if (journal.order.method != aws::EnrolmentMethod::by_operator) {
        return "nothing of that " + task + " is left but the key in the chip";
    }
    const auto& id = journal.facts.certificate_id;
    return "nothing of that " + task + " is left here but the key in the chip; the certificate" +
           (id.empty() ? "" : " " + id) +
           " is the operator's: `trustx aws approve --take-back REQUEST`, or once it was activated `trustx aws retire "
           "--thing " +
           journal.order.thing + " --certificate " + (id.empty() ? "ID" : id) + " --force`";
}

Result<void> abandon(const Context& context, const ResumeOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    TRY(const auto session, taken_up(context, options, directories));
    TRY(const auto before, aws::read_state(session->seams().files, directories));
    TRYV(aws::Enrolment(session->seams(), directories).abandon());
    if (before.journal) {
        context.note("abandoned: " + left_of(*before.journal));
    }
    return {};
}

}  // namespace

void add_aws_resume(Command& aws) {
    const auto options = std::make_shared<ResumeOptions>();
    auto command = aws.subcommand("resume", "Carry on with an enrolment that was interrupted", what_resume_does);
    add_profile_option(command, options->profile);
    add_wait_option(command, options->wait);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return resume(context, *options); });
}

void add_aws_abandon(Command& aws) {
    const auto options = std::make_shared<ResumeOptions>();
    auto command = aws.subcommand("abandon", "Take back an enrolment that has not ended", what_abandon_does);
    add_profile_option(command, options->profile);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return abandon(context, *options); });
}

}  // namespace trustx::cli
