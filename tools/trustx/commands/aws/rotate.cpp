// SPDX-License-Identifier: Apache-2.0
// trustx aws rotate.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "aws/fleet/gateway.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <memory>

#include <unistd.h>

namespace trustx::cli {
namespace {

constexpr const char* what_rotate_does =
    R"(A new key in another slot, a certificate for it with the policies and the thing of the old one, a connection with both,
and only then the files that services read, and the end of the old certificate. If anything fails before that, all of it
is taken back, and the identity in use stays the old one. The old key stays in its slot, where the next rotation
replaces it; any other key is kept unless --replace is given.

Key and certificate in files change at one moment. Services that run keep their connection; the broker closes it some
minutes after the old certificate has ended, so let them load the files again before.

Without AWS credentials on the gateway: by `operator` it writes a request, which the keys in both slots sign. The operator
approves it, `trustx aws install` takes the answer, and when the operator has activated that, `trustx aws resume` connects
and changes the files. By `claim` a provisioning template makes the certificate. Both leave the old certificate to whoever
has the account (`trustx aws retire`), and such a rotation that fails is not taken back by itself once others have a part in
it: `trustx aws resume` or `abandon`.

Examples:
  trustx aws rotate --plan
  trustx aws rotate --profile operator
  trustx aws rotate --to-slot E0F3 --via register-thing
  trustx aws rotate --via operator --out gateway-1.request.json
  trustx aws rotate --via claim --template gateways --claim-cert claim.pem --claim-key claim-key.pem)";

struct RotateOptions {
    std::string to_slot;
    std::string via;
    std::string claim_slot;
    std::string out;  // empty: standard output, unless a person would get it
    std::string wait = default_wait;
    aws::Order order;
    std::string profile;
    DirectoryOptions directories;
    bool plan = false;
};

// usual_target is the slot that a gateway with two of them goes to and fro between.
ObjectId usual_target(ObjectId slot) {
    constexpr ObjectId first{0xE0F1};
    constexpr ObjectId second{0xE0F2};
    return slot == first ? second : first;
}

// way_of is what was asked for, or how the identity in use came to be, if that can be done again without more being
// said.
Result<aws::EnrolmentMethod> way_of(const RotateOptions& options, const aws::Identity& identity) {
    if (!options.via.empty()) {
        return aws::parse_method(options.via);
    }
    if (identity.method == aws::EnrolmentMethod::claim && options.order.template_name.empty()) {
        return aws::EnrolmentMethod::csr;
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
    auto order = options.order;
    order.task = aws::Task::rotate;
    TRY(order.method, way_of(options, identity));
    order.thing = identity.thing;
    order.slot = usual_target(identity.slot);
    if (!options.to_slot.empty()) {
        TRY(order.slot, parse_slot(options.to_slot));
    }
    if (!options.claim_slot.empty()) {
        TRY(order.claim_slot, parse_slot(options.claim_slot));
    }
    order.region = identity.region;
    order.account = identity.account;
    order.endpoint = identity.endpoint.text();
    order.ca_file = directories.roots_file();
    order.device_name = context.device_name.value_or("");
    TRYV(order.check());
    if (order.needs_authority() && (order.authority_certificate.empty() || order.authority_key.empty())) {
        return fail(InputErrc::usage,
                    "by own-ca an authority issues the certificate: give --authority-cert and "
                    "--authority-key, or another way by --via");
    }
    return order;
}

// check_rotation_out: who did not ask for a request, because the gateway's last one went the same way, is told what
// this makes.
Result<void> check_rotation_out(const RotateOptions& options) {
    const bool is_unexpected = options.via.empty() && options.out.empty() && ::isatty(STDOUT_FILENO) == 1;
    return is_unexpected
               ? fail(InputErrc::usage,
                      "an operator enrolled this gateway, so a rotation makes a request for an operator again: "
                      "say where it goes (--out FILE, or `-` for this terminal), or choose another way (--via)")
               : Result<void>{};
}

// ask_operator leaves the rest to `trustx aws install` and `resume`.
Result<void> ask_operator(const Context& context, const RotateOptions& options, const aws::Order& order,
                          const aws::Directories& directories) {
    TRYV(check_rotation_out(options));
    TRY(const auto session, GatewaySession::open_without_account(context, std::chrono::seconds{0}));
    const auto made = aws::request(session->seams(), directories, order);
    if (!made) {
        tell_unfinished(context, directories, made.error());
        return made.failure();
    }
    TRYV(files::write_file(options.out.empty() ? "-" : options.out, aws::request_text(*made)));
    context.note("the rotation of " + order.thing + " waits for the operator's answer: `trustx aws install` takes it");
    return {};
}

Result<void> rotate(const Context& context, const RotateOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    TRY(auto order, rotation_order(context, options, directories));
    name_files_absolutely(order);
    if (options.plan) {
        return answer(plan_text(order));
    }
    if (order.method == aws::EnrolmentMethod::by_operator) {
        return ask_operator(context, options, order, directories);
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
    return tell_rotated(context, directories);
}

}  // namespace

void add_aws_rotate(Command& aws) {
    const auto options = std::make_shared<RotateOptions>();
    auto command = aws.subcommand("rotate", "Give this gateway another key and certificate", what_rotate_does);
    command.option("--to-slot", options->to_slot, "Slot for the new key; default: E0F2, or E0F1 if it is not in use",
                   "SLOT");
    command.option("--via", options->via, "How the certificate is issued; default: as that in use, else csr", "METHOD")
        .one_of({"csr", "register-thing", "own-ca", "claim", "operator"});
    command.option("--authority-cert", options->order.authority_certificate,
                   "own-ca: the certificate of the authority that issues", "FILE");
    command.option("--authority-key", options->order.authority_key, "own-ca: its key, or a reference to one in a chip",
                   "FILE");
    command.option("--template", options->order.template_name, "claim: the provisioning template", "NAME");
    command.option("--claim-cert", options->order.claim_certificate, "claim: the certificate of the claim", "FILE");
    command.option("--claim-key", options->order.claim_key, "claim: its key, or a reference to one in a chip", "FILE");
    command.option("--claim-slot", options->claim_slot, "claim: the slot that has the claim, instead of files", "SLOT");
    command.option("-o,--out", options->out,
                   "operator: where the request goes; default: standard output, if that is no terminal", "FILE");
    command.flag("--replace", options->order.replace, "Destroy a key that is in the slot");
    command.flag("--plan", options->plan, "Print the steps, and do nothing");
    add_profile_option(command, options->profile);
    add_wait_option(command, options->wait);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return rotate(context, *options); });
}

}  // namespace trustx::cli
