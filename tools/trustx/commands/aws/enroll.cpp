// SPDX-License-Identifier: Apache-2.0
// trustx aws plan and enroll.
#include "aws/enrolment/enrolment.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <memory>
#include <string>
#include <vector>

namespace trustx::cli {
namespace {

constexpr const char* what_enroll_does =
    R"(Methods: `csr` asks for a certificate with a request that the chip signs (CreateCertificateFromCsr), and makes thing and
policy where there are none; `register-thing` does the same by one call (RegisterThing). `own-ca` registers a certificate
of an authority that the account knows; `factory-cert` the one that the chip has from the factory, and writes nothing to
the chip. `jit` needs no credentials: an authority issues the certificate, which is registered by the first connection;
without an authority it is the one that is in the chip already. `claim` asks for a certificate over MQTT by
another identity that is only good for that, and a provisioning template does the rest: the claim is in files, in another
slot (E0F0 from the factory), or made by AWS for whoever has credentials, with a key that stays in memory.
A key that is in the slot is used, otherwise one is generated.

It ends when the broker has accepted the gateway. A policy that is new takes up to 8 minutes to be in force.

Examples:
  trustx aws enroll --method csr --thing gateway-1
  trustx aws enroll --method register-thing --thing gateway-1 --slot E0F2 --policy factory-gateways --profile operator
  trustx aws enroll --method jit --thing gateway-1 --authority-cert ca.pem --authority-key ca-key.pem --endpoint \
    PREFIX-ats.iot.eu-central-1.amazonaws.com
  trustx aws enroll --method claim --thing gateway-1 --template gateways --claim-slot E0F0 --endpoint \
    PREFIX-ats.iot.eu-central-1.amazonaws.com)";

constexpr const char* what_plan_does =
    R"(It takes the options of enroll, and asks neither chip nor cloud. Steps are printed in their order, each with the place
where it changes something.

Examples:
  trustx aws plan --method csr --thing gateway-1 --slot E0F1)";

struct EnrollOptions {
    std::string method;
    std::string slot;
    std::string claim_slot;
    std::string wait = default_wait;
    std::vector<std::string> parameters;
    aws::Order order;
    AccountChoice account;
    DirectoryOptions directories;
};

Result<aws::Order> order_of(const Context& context, const EnrollOptions& options) {
    auto order = options.order;
    TRY(order.method, aws::parse_method(options.method));
    order.slot = order.usual_slot();
    if (!options.slot.empty()) {
        TRY(order.slot, parse_slot(options.slot));
    }
    if (!options.claim_slot.empty()) {
        TRY(order.claim_slot, parse_slot(options.claim_slot));
    }
    TRY(order.parameters, aws::parse_parameters(options.parameters));
    order.device_name = context.device_name.value_or("");
    TRYV(order.check());
    const bool has_authority = !order.authority_certificate.empty() && !order.authority_key.empty();
    if (order.needs_authority() && !has_authority) {
        return fail(InputErrc::usage,
                    "the method " + options.method +
                        " needs the authority that issues: give --authority-cert and --authority-key");
    }
    return order;
}

Result<void> print_plan(const Context& context, const EnrollOptions& options) {
    TRY(const auto order, order_of(context, options));
    return answer(plan_text(order));
}

Result<void> enroll(const Context& context, const EnrollOptions& options) {
    TRY(auto order, order_of(context, options));
    name_files_absolutely(order);
    TRY(const auto wait, parse_wait(options.wait));
    TRYV(load_provider(context));
    const auto region = options.account.region.empty() ? region_in(order.endpoint) : options.account.region;
    TRY(const auto session,
        GatewaySession::open(context, {.profile = options.account.profile, .region = region}, wait));
    order.region = session->region();
    if (order.needs_authority()) {
        TRYV(session->use_authority({.certificate = order.authority_certificate, .key = order.authority_key}));
    }
    TRY(const auto directories, directories_of(context, options.directories));
    const auto enrolled = aws::Enrolment(session->seams(), directories).enroll(order);
    if (!enrolled) {
        tell_unfinished(context, directories, enrolled.error());
        return enrolled;
    }
    tell_enrolled(context, directories);
    return {};
}

void add_enroll_options(Command& command, EnrollOptions& options) {
    command.option("--method", options.method, "How the certificate is issued", "METHOD")
        .one_of({"csr", "register-thing", "own-ca", "factory-cert", "jit", "claim"})
        .required();
    command.option("--thing", options.order.thing, "The thing's name, which is the MQTT client id too", "NAME")
        .required();
    command.option("--slot", options.slot, "Key slot; default: E0F1, for a certificate from the factory E0F0", "SLOT");
    command.option("--policy", options.order.policy, "The policy for the certificate; default: trustx-gateway", "NAME");
    command.option("--rule", options.order.rules,
                   "A policy that is made allows publishing to this rule, as $aws/rules/NAME/..., too", "NAME");
    command.option("--client", options.order.clients,
                   "A policy that is made allows connecting as THING-SUFFIX, too, for another program", "SUFFIX");
    command.option("--endpoint", options.order.endpoint, "The broker, instead of the one that the account tells",
                   "HOST[:PORT]");
    command.option("--ca", options.order.ca_file,
                   "What the broker's certificate is checked with; default: Amazon's roots of this system", "FILE");
    command.option("--authority-cert", options.order.authority_certificate,
                   "own-ca, jit: the certificate of the authority that issues", "FILE");
    command.option("--authority-key", options.order.authority_key,
                   "own-ca, jit: its key, or a reference to one in a chip", "FILE");
    command.option("--template", options.order.template_name, "claim: the provisioning template", "NAME");
    command.option("--parameter", options.parameters,
                   "claim: a parameter of the template besides ThingName and SerialNumber; several are possible",
                   "NAME=VALUE");
    command.option("--claim-cert", options.order.claim_certificate, "claim: the certificate of the claim", "FILE");
    command.option("--claim-key", options.order.claim_key, "claim: its key, or a reference to one in a chip", "FILE");
    command.option("--claim-slot", options.claim_slot, "claim: the slot that has the claim, instead of files", "SLOT");
    command.flag("--existing-thing", options.order.existing_thing,
                 "A thing that has other certificates gets this one in addition");
    command.flag("--replace", options.order.replace,
                 "Replace the certificate in the slot's object and the identity in files");
    command.option("--account", options.order.account, "Refuse credentials of any other account", "NUMBER");
    add_account_options(command, options.account);
    add_wait_option(command, options.wait);
    add_directory_options(command, options.directories);
}

}  // namespace

void add_aws_plan(Command& aws) {
    const auto options = std::make_shared<EnrollOptions>();
    auto command = aws.subcommand("plan", "Print what enroll would do, and do nothing", what_plan_does);
    add_enroll_options(command, *options);
    command.on_run([options](const Context& context) { return print_plan(context, *options); });
}

void add_aws_enroll(Command& aws) {
    const auto options = std::make_shared<EnrollOptions>();
    auto command = aws.subcommand("enroll", "Enrol this gateway, up to a connection to the broker", what_enroll_does);
    add_enroll_options(command, *options);
    command.on_run([options](const Context& context) { return enroll(context, *options); });
}

}  // namespace trustx::cli
