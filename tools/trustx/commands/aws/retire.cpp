// SPDX-License-Identifier: Apache-2.0
// trustx aws retire.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/retirement.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_retire_does =
    R"(The certificate is made inactive, detached and deleted, taken out of the chip, and the files that services read are
removed. The key stays in the chip, for nobody. Once begun it can only be carried on (`trustx aws resume`). Without
--force it says what it would do, and does nothing.

With --thing and --certificate the cloud's part is done for any gateway, which need not be at hand.

Examples:
  trustx aws retire --plan
  trustx aws retire --delete-thing --force
  trustx aws retire --thing gateway-1 --certificate 0123...EF --revoke --force --profile operator)";

struct RetireOptions {
    std::string thing;
    std::string certificate;
    AccountChoice account;
    DirectoryOptions directories;
    bool revoke = false;
    bool delete_thing = false;
    bool plan = false;
    bool force = false;
};

tl::unexpected<Error> needs_force(const std::string& what) {
    return fail(InputErrc::refused, what + ". Repeat with --force if that is what you want");
}

std::string words_for(const RetireOptions& options, const std::string& certificate, const std::string& thing) {
    return "this would end the certificate " + certificate + " of " + thing +
           (options.revoke ? ", which would be revoked permanently" : ", which would be deleted") +
           (options.delete_thing ? "; the thing would be deleted too, if it has no other certificate" : "");
}

Result<void> retire_by_name(const Context& context, const RetireOptions& options) {
    if (options.thing.empty() || options.certificate.empty()) {
        return fail(InputErrc::usage, "for a gateway that is not this one, give both --thing and --certificate");
    }
    const auto words = words_for(options, options.certificate, options.thing);
    if (options.plan) {
        return answer(words + "\n");
    }
    if (!options.force) {
        return needs_force(words);
    }
    TRY(const auto session,
        CloudSession::open(context, {.profile = options.account.profile, .region = options.account.region}));
    TRYV(aws::retire({.client = session->cloud(), .clock = session->clock()},
                     {.thing = options.thing,
                      .certificate_id = options.certificate,
                      .removal = options.revoke ? aws::Removal::revoke : aws::Removal::delete_,
                      .delete_thing = options.delete_thing},
                     [&context](std::string_view text) { context.note(text); }));
    context.note("retired: the certificate of " + options.thing + " is of no use any more");
    return {};
}

Result<void> retire_this(const Context& context, const RetireOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    files::DiskStore files;
    TRY(const auto identity, aws::load_identity(files, directories));
    if (!identity) {
        return fail(aws::EnrolmentErrc::nothing_begun,
                    directories.summary_file() + " does not exist: this gateway has no identity to retire");
    }
    const aws::Order order{.task = aws::Task::retire,
                           .thing = identity->thing,
                           .slot = identity->slot,
                           .region = identity->region,
                           .account = identity->account,
                           .revoke = options.revoke,
                           .delete_thing = options.delete_thing};
    if (options.plan) {
        return answer(plan_text(order));
    }
    if (!options.force) {
        return needs_force(words_for(options, identity->certificate_id, identity->thing) +
                           "; services of this gateway could not connect any more");
    }
    TRY(const auto session,
        GatewaySession::open(context, {.profile = options.account.profile, .region = order.region}, {}));
    auto done = aws::Enrolment(session->seams(), directories).begin(order);
    if (!done) {
        tell_unfinished(context, directories, done.error());
        return done;
    }
    context.note("retired: this gateway has no identity any more");
    return {};
}

Result<void> retire(const Context& context, const RetireOptions& options) {
    const bool by_name = !options.thing.empty() || !options.certificate.empty();
    return by_name ? retire_by_name(context, options) : retire_this(context, options);
}

}  // namespace

void add_aws_retire(Command& aws) {
    const auto options = std::make_shared<RetireOptions>();
    auto command = aws.subcommand("retire", "Take a gateway's identity out of use for good", what_retire_does);
    command.flag("--revoke", options->revoke, "Revoke the certificate, which stays registered as that");
    command.flag("--delete-thing", options->delete_thing, "Delete the thing, unless it has other certificates");
    command.option("--thing", options->thing, "Another gateway: its thing", "NAME");
    command.option("--certificate", options->certificate, "Another gateway: the id of its certificate", "ID");
    command.flag("--plan", options->plan, "Say what it would do, and do nothing");
    command.flag("--force", options->force, "Do it; it cannot be undone");
    add_account_options(command, options->account);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return retire(context, *options); });
}

}  // namespace trustx::cli
