// SPDX-License-Identifier: Apache-2.0
// trustx aws rotate.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "setup/service.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_rotate_does =
    R"(A new key in another slot, a certificate for it with the policies and the thing of the old one, a connection with both,
and only then the files that services read, and the end of the old certificate. If anything fails before that, all of it
is taken back, and the identity in use stays the old one. The old key stays in its slot, where the next rotation
replaces it; any other key is kept unless --replace is given.

Key and certificate in files change at one moment. Services that run keep their connection; the broker closes it some
minutes after the old certificate has ended, so let them load the files again before.

Examples:
  trustx aws rotate --plan
  trustx aws rotate --profile operator
  trustx aws rotate --to-slot E0F3 --via register-thing)";

struct RotateOptions {
    std::string to_slot;
    std::string via;
    std::string wait = default_wait;
    std::string authority_certificate;
    std::string authority_key;
    std::string profile;
    DirectoryOptions directories;
    bool replace = false;
    bool plan = false;
};

// usual_target is the slot that a gateway with two of them goes to and fro between.
ObjectId usual_target(ObjectId slot) {
    constexpr ObjectId first{0xE0F1};
    constexpr ObjectId second{0xE0F2};
    return slot == first ? second : first;
}

// way_of is what was asked for, or how the identity in use came to be, if that can be done again.
Result<aws::EnrolmentMethod> way_of(const RotateOptions& options, const aws::Identity& identity) {
    if (!options.via.empty()) {
        return aws::parse_method(options.via);
    }
    return aws::can_rotate(identity.method) ? identity.method : aws::EnrolmentMethod::csr;
}

Result<aws::Identity> identity_in_use(const aws::Directories& directories) {
    files::DiskStore files;
    TRY(auto identity, aws::load_identity(files, directories));
    if (!identity) {
        return fail(aws::EnrolmentErrc::nothing_begun,
                    directories.summary_file() + " does not exist: `trustx aws enroll` makes it");
    }
    return *std::move(identity);
}

Result<aws::Order> rotation_order(const Context& context, const RotateOptions& options,
                                  const aws::Directories& directories) {
    TRY(const auto identity, identity_in_use(directories));
    TRY(const auto method, way_of(options, identity));
    auto slot = usual_target(identity.slot);
    if (!options.to_slot.empty()) {
        TRY(slot, parse_slot(options.to_slot));
    }
    aws::Order order{.task = aws::Task::rotate,
                     .method = method,
                     .thing = identity.thing,
                     .slot = slot,
                     .region = identity.region,
                     .account = identity.account,
                     .endpoint = identity.endpoint.text(),
                     .ca_file = directories.roots_file(),
                     .authority_certificate = options.authority_certificate,
                     .authority_key = options.authority_key,
                     .device_name = context.device_name.value_or(""),
                     .replace = options.replace};
    TRYV(order.check());
    if (order.needs_authority() && (order.authority_certificate.empty() || order.authority_key.empty())) {
        return fail(InputErrc::usage,
                    "by own-ca an authority issues the certificate: give --authority-cert and "
                    "--authority-key, or another way by --via");
    }
    return order;
}

void tell_what_to_restart(const Context& context, const aws::Directories& directories) {
    context.note("rotated; services that use " + directories.key_file() + " have to be restarted");
    for (const auto& service : enabled_services({})) {
        context.note("restart: systemctl restart " + service);
    }
}

Result<void> rotate(const Context& context, const RotateOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    TRY(auto order, rotation_order(context, options, directories));
    name_files_absolutely(order);
    if (options.plan) {
        return answer(plan_text(order));
    }
    TRY(const auto wait, parse_wait(options.wait));
    TRYV(load_provider(context));
    TRY(const auto session, GatewaySession::open(context, {.profile = options.profile, .region = order.region}, wait));
    if (order.needs_authority()) {
        TRYV(session->use_authority({.certificate = order.authority_certificate, .key = order.authority_key}));
    }
    auto done = aws::Enrolment(session->seams(), directories).begin(order);
    if (!done) {
        tell_unfinished(context, directories, done.error());
        return done;
    }
    tell_what_to_restart(context, directories);
    return {};
}

}  // namespace

void add_aws_rotate(Command& aws) {
    const auto options = std::make_shared<RotateOptions>();
    auto command = aws.subcommand("rotate", "Give this gateway another key and certificate", what_rotate_does);
    command.option("--to-slot", options->to_slot, "Slot for the new key; default: E0F2, or E0F1 if it is not in use",
                   "SLOT");
    command.option("--via", options->via, "How the certificate is issued; default: as it was, or csr", "METHOD")
        .one_of({"csr", "register-thing", "own-ca"});
    command.option("--authority-cert", options->authority_certificate,
                   "own-ca: the certificate of the authority that issues", "FILE");
    command.option("--authority-key", options->authority_key, "own-ca: its key, or a reference to one in a chip",
                   "FILE");
    command.flag("--replace", options->replace, "Destroy a key that is in the slot");
    command.flag("--plan", options->plan, "Print the steps, and do nothing");
    add_profile_option(command, options->profile);
    add_wait_option(command, options->wait);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return rotate(context, *options); });
}

}  // namespace trustx::cli
