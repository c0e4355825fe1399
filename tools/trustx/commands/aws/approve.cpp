// SPDX-License-Identifier: Apache-2.0
// trustx aws approve and activate: the operator's half of an enrolment, on a computer without a chip.
#include "aws/fleet/approvals.hpp"
#include "cli/output.hpp"
#include "commands/aws/approval_options.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <cstdlib>
#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_approve_does =
    R"(The request is checked to be signed by the key that it is about. Then a certificate is registered for it, inactive, thing
and policy are made where there are none, both are attached, and the policy is tested (TestAuthorization). The answer is
for the gateway, and holds no secret. Each approval is recorded: one that was interrupted is carried on by approving
again, and a request that was approved gets the same answer, and no second certificate. Before you approve, know by other
means that chip and thing belong together: the signature shows who has the key, not whose gateway it is. A request for a
rotation is signed by the key in use as well, and its certificate gets thing and policies of the one in use.

Methods are `csr`, `register-thing` and `own-ca`, as in `trustx aws enroll`.

Examples:
  trustx aws approve gateway-1.request.json --profile operator --out gateway-1.answer.json
  trustx aws approve request.json --method own-ca --authority-cert ca.pem --authority-key ca-key.pem --out answer.json
  trustx aws approve request.json --take-back)";

constexpr const char* what_activate_does =
    R"(The proof is checked with the certificate that is registered, and has to belong to the answer of this approval. After this
the gateway is accepted by the broker. A proof is good once: what was made inactive after it is not brought back. The
records of the approval tell; without them --unrecorded activates, so look at the certificate before.

Examples:
  trustx aws activate gateway-1.proof.json --profile operator)";

struct ApproveOptions {
    std::string file;
    std::string out = "-";
    std::string records;
    bool take_back = false;
    ApprovalOptions approval;
};

struct ActivateOptions {
    std::string file;
    std::string records;
    bool unrecorded = false;
    AccountChoice account;
};

void add_records_option(Command& command, std::string& records) {
    command.option("--records", records,
                   "Where approvals are recorded; default: trustx/approvals in XDG_STATE_HOME or ~/.local/state",
                   "DIRECTORY");
}

std::string variable(const char* name) {
    const char* value = ::secure_getenv(name);
    return value == nullptr ? "" : value;
}

Result<std::string> records_in(const std::string& option) {
    if (!option.empty()) {
        return option;
    }
    const auto state = variable("XDG_STATE_HOME");
    const auto home = variable("HOME");
    if (state.empty() && home.empty()) {
        return fail(InputErrc::usage, "there is no home directory to keep records in: give --records");
    }
    return (state.empty() ? home + "/.local/state" : state) + "/trustx/approvals";
}

Result<void> take_approval_back(const Context& context, aws::Approvals& approvals, const aws::Request& request) {
    TRYV(approvals.take_back(request));
    context.note("taken back: nothing that was made here for " + request.thing + " is left");
    return {};
}

Result<void> approve(const Context& context, const ApproveOptions& options) {
    TRY(const auto wishes, wishes_of(options.approval));
    TRY(const auto content, files::read_input(options.file));
    TRY(const auto received, aws::parse_request(text::as_text(content), files::input_name(options.file)));
    TRY(const auto session, open_operator(context, options.approval.account, wishes));
    TRY(const auto records, records_in(options.records));
    aws::Approvals approvals{session->seams(), records, session->cloud().region()};
    TRY(const auto lock, approvals.lock());
    if (options.take_back) {
        return take_approval_back(context, approvals, received.request);
    }
    TRY(const auto given, approvals.approve(received, wishes));
    TRYV(files::write_file(options.out, aws::answer_text(given)));
    context.note("approved " + given.thing + " for the chip " + given.chip + ": " + given.certificate_arn +
                 ", inactive until `trustx aws activate`");
    return {};
}

Result<void> activate(const Context& context, const ActivateOptions& options) {
    TRY(const auto content, files::read_input(options.file));
    TRY(const auto proof, aws::parse_proof(text::as_text(content), files::input_name(options.file)));
    const auto region = options.account.region.empty() ? proof.message.region : options.account.region;
    TRY(const auto session, OperatorSession::open(context, {.profile = options.account.profile, .region = region}));
    TRY(const auto records, records_in(options.records));
    aws::Approvals approvals{session->seams(), records, session->cloud().region()};
    TRY(const auto lock, approvals.lock());
    TRYV(approvals.activate(proof, options.unrecorded ? aws::Unrecorded::taken : aws::Unrecorded::refused));
    context.note("activated the certificate " + proof.message.certificate_id + " of " + proof.message.thing);
    return {};
}

}  // namespace

void add_approval_options(Command& command, ApprovalOptions& options) {
    command.option("--method", options.method, "How the certificate is issued; default: csr", "METHOD")
        .one_of({"csr", "register-thing", "own-ca"});
    command.option("--policy", options.order.policy, "The policy for the certificate; default: trustx-gateway", "NAME");
    command.option("--endpoint", options.order.endpoint, "The broker, instead of the one that the account tells",
                   "HOST[:PORT]");
    command.option("--ca", options.order.ca_file,
                   "What gateways check the broker's certificate with; default: Amazon's roots of this system", "FILE");
    command.option("--authority-cert", options.order.authority_certificate,
                   "own-ca: the certificate of the authority that issues", "FILE");
    command.option("--authority-key", options.order.authority_key, "own-ca: its key, or a reference to one in a chip",
                   "FILE");
    command.flag("--existing-thing", options.order.existing_thing,
                 "A thing that has other certificates gets this one in addition");
    command.option("--account", options.order.account, "Refuse credentials of any other account", "NUMBER");
    add_account_options(command, options.account);
}

Result<aws::Order> wishes_of(const ApprovalOptions& options) {
    auto wishes = options.order;
    TRY(wishes.method, aws::parse_method(options.method));
    const bool has_authority = !wishes.authority_certificate.empty() && !wishes.authority_key.empty();
    if (wishes.needs_authority() && !has_authority) {
        return fail(InputErrc::usage, "the method " + options.method +
                                          " needs the authority that issues: give --authority-cert and "
                                          "--authority-key");
    }
    name_files_absolutely(wishes);
    return wishes;
}

// An authority whose key is in a file needs no provider; one whose key is in a chip says so when it is opened.
Result<std::unique_ptr<OperatorSession>> open_operator(const Context& context, const AccountChoice& account,
                                                       const aws::Order& wishes) {
    const auto region = account.region.empty() ? region_in(wishes.endpoint) : account.region;
    TRY(auto session, OperatorSession::open(context, {.profile = account.profile, .region = region}));
    if (wishes.needs_authority()) {
        static_cast<void>(load_provider(context));
        TRYV(session->use_authority({.certificate = wishes.authority_certificate, .key = wishes.authority_key}));
    }
    return session;
}

void add_aws_approve(Command& aws) {
    const auto options = std::make_shared<ApproveOptions>();
    auto command = aws.subcommand("approve", "Approve a gateway's request, with the account", what_approve_does);
    command.argument("REQUEST", options->file, "The request; `-` is standard input").required();
    add_approval_options(command, options->approval);
    command.option("-o,--out", options->out, "Where the answer goes; default: standard output", "FILE");
    command.flag("--take-back", options->take_back,
                 "Delete what was made for a request whose certificate is not active yet");
    add_records_option(command, options->records);
    command.on_run([options](const Context& context) { return approve(context, *options); });
}

void add_aws_activate(Command& aws) {
    const auto options = std::make_shared<ActivateOptions>();
    auto command = aws.subcommand("activate", "Activate what a gateway has installed", what_activate_does);
    command.argument("PROOF", options->file, "The gateway's proof; `-` is standard input").required();
    add_account_options(command, options->account);
    add_records_option(command, options->records);
    command.flag("--unrecorded", options->unrecorded,
                 "Activate also what there is no record of, such as what was approved on another computer");
    command.on_run([options](const Context& context) { return activate(context, *options); });
}

}  // namespace trustx::cli
