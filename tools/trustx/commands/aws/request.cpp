// SPDX-License-Identifier: Apache-2.0
// trustx aws request and install: the gateway's half of an enrolment whose account an operator has.
#include "aws/fleet/gateway.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_request_does =
    R"(For a gateway on which no AWS credentials are wanted. A key is generated unless the slot holds one, and the chip signs a
request with it: a file for the operator, who approves it elsewhere (`trustx aws approve`) and sends back an answer for
`trustx aws install`. None of these files holds a secret. Until then the enrolment waits; asked again, it gives a request
for the same key.

Examples:
  trustx aws request --thing gateway-1 --out gateway-1.request.json
  trustx aws request --thing gateway-1 --slot E0F2 --account 123456789012 --region eu-central-1 --out request.json)";

constexpr const char* what_install_does =
    R"(The answer is checked: that it is for this chip, thing and slot, that its certificate is for the key, which signs to show
that it is there, and that account and region are those that the request names. Then the certificate is written into the
chip, and the files for services. What comes out is a proof, signed by the chip, with which the operator activates the
certificate (`trustx aws activate`); after that `trustx aws connect` shows that the broker accepts the gateway. In a
rotation services use the old certificate until `trustx aws resume` after that.
Broker and roots are those of the answer, so take it from nobody but the operator.

Examples:
  trustx aws install gateway-1.answer.json --out gateway-1.proof.json)";

struct RequestOptions {
    std::string slot;
    std::string out = "-";
    aws::Order order;
    DirectoryOptions directories;
};

struct InstallOptions {
    std::string answer;
    std::string out = "-";
    DirectoryOptions directories;
};

Result<void> make_request_file(const Context& context, const RequestOptions& options) {
    auto order = options.order;
    order.method = aws::EnrolmentMethod::by_operator;
    if (!options.slot.empty()) {
        TRY(order.slot, parse_slot(options.slot));
    }
    order.device_name = context.device_name.value_or("");
    TRYV(order.check());
    TRY(const auto directories, directories_of(context, options.directories));
    TRY(const auto session, GatewaySession::open_without_account(context, std::chrono::seconds{0}));
    TRY(const auto request, aws::request(session->seams(), directories, order));
    TRYV(files::write_file(options.out, aws::request_text(request)));
    context.note("the request of " + order.thing + " waits for the operator's answer: `trustx aws install` takes it");
    return {};
}

Result<void> install_answer(const Context& context, const InstallOptions& options) {
    TRY(const auto content, files::read_input(options.answer));
    TRY(const auto answer, aws::parse_answer(text::as_text(content), files::input_name(options.answer)));
    TRY(const auto directories, directories_of(context, options.directories));
    TRY(const auto session, GatewaySession::open_without_account(context, std::chrono::seconds{0}));
    TRY(const auto proof, aws::install(session->seams(), directories, answer));
    TRYV(files::write_file(options.out, aws::proof_text(proof)));
    TRY(const auto state, aws::read_state(session->seams().files, directories));
    const bool rotates = state.journal && state.journal->order.task == aws::Task::rotate;
    context.note("installed the certificate " + proof.message.certificate_id + " of the account " +
                 proof.message.account + "; when the operator has activated it, `trustx aws " +
                 (rotates ? "resume` changes to it" : "connect` shows that"));
    return {};
}

}  // namespace

void add_aws_request(Command& aws) {
    const auto options = std::make_shared<RequestOptions>();
    auto command = aws.subcommand("request", "Write a request for an operator who has the account", what_request_does);
    command.option("--thing", options->order.thing, "The thing's name, which is the MQTT client id too", "NAME")
        .required();
    command.option("--slot", options->slot, "Key slot; default: E0F1", "SLOT");
    command.option("-o,--out", options->out, "Where the request goes; default: standard output", "FILE");
    command.option("--account", options->order.account, "Refuse answers of any other account", "NUMBER");
    command.option("--region", options->order.region, "Refuse answers of any other region", "NAME");
    command.option("--ca", options->order.ca_file,
                   "What the broker's certificate is checked with; default: what the answer says", "FILE");
    command.flag("--replace", options->order.replace,
                 "Replace the certificate in the slot's object and the identity in files");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return make_request_file(context, *options); });
}

void add_aws_install(Command& aws) {
    const auto options = std::make_shared<InstallOptions>();
    auto command = aws.subcommand("install", "Take the operator's answer into chip and files", what_install_does);
    command.argument("ANSWER", options->answer, "The answer; `-` is standard input").required();
    command.option("-o,--out", options->out, "Where the proof goes; default: standard output", "FILE");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return install_answer(context, *options); });
}

}  // namespace trustx::cli
