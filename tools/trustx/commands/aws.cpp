// SPDX-License-Identifier: Apache-2.0
// trustx aws: from a chip without identity to a thing of AWS IoT that its broker accepts.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cloud/session.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

constexpr const char* what_aws_is =
    R"(A journal is written before each step, so that an enrolment that was interrupted, by whatever, is resumed where it was;
until it has ended, abandon takes back what it did. The certificate becomes active last, after every check.

Account and credentials are found as AWS's programs find them: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_IOT,
AWS_CA_BUNDLE and the like, and ~/.aws. Nothing of them is stored. TRUSTX_AWS_IDENTITY and TRUSTX_AWS_STATE name other
directories than /etc/trustx and /var/lib/trustx.

Examples:
  trustx aws plan --method csr --thing gateway-1
  trustx aws enroll --method csr --thing gateway-1 --slot E0F1
  trustx aws status
  trustx aws connect --wait 10m)";

constexpr const char* what_enroll_does =
    R"(Methods: `csr` asks for a certificate with a request that the chip signs (CreateCertificateFromCsr), and makes thing and
policy where there are none; `register-thing` does the same by one call (RegisterThing). `own-ca` registers a certificate
of an authority that the account knows; `factory-cert` the one that the chip has from the factory, and writes nothing to
the chip. `jit` needs no credentials: an authority issues the certificate, which is registered by the first connection.
A key that is in the slot is used, otherwise one is generated.

It ends when the broker has accepted the gateway. A policy that is new takes up to 8 minutes to be in force.

Examples:
  trustx aws enroll --method csr --thing gateway-1
  trustx aws enroll --method register-thing --thing gateway-1 --slot E0F2 --policy factory-gateways --profile operator
  trustx aws enroll --method jit --thing gateway-1 --authority-cert ca.pem --authority-key ca-key.pem --endpoint \
    PREFIX-ats.iot.eu-central-1.amazonaws.com)";

constexpr const char* what_plan_does =
    R"(Neither chip nor cloud is asked. Steps are printed in their order, each with the place where it changes something.

Examples:
  trustx aws plan --method csr --thing gateway-1 --slot E0F1)";

constexpr const char* what_resume_does =
    R"(What was done already is found out, and not done again. Region and everything else are those of the journal.

Examples:
  trustx aws resume
  trustx aws resume --profile operator)";

constexpr const char* what_abandon_does =
    R"(The certificate is made inactive, detached and deleted, the thing deleted if this enrolment made it, the certificate
taken out of the chip, and the files removed. The key stays in the chip, the policy in the account.

Examples:
  trustx aws abandon)";

constexpr const char* what_status_does =
    R"(Nothing is sent, and the chip is not asked.

Examples:
  trustx aws status
  trustx aws status --json)";

constexpr const char* what_connect_does =
    R"(One attempt after the other until the broker accepts the gateway or the time is up; nothing is published. Each costs one
use of the private key. No AWS credentials are needed.

Examples:
  trustx aws connect
  trustx aws connect --wait 10m)";

constexpr const char* default_wait = "10m";

struct DirectoryOptions {
    std::string identity;
    std::string state;
};

struct AccountChoice {
    std::string profile;
    std::string region;
};

struct EnrollOptions {
    std::string method;
    std::string slot;
    std::string wait = default_wait;
    aws::Order order;
    AccountChoice account;
    DirectoryOptions directories;
};

struct JournalOptions {
    std::string wait = default_wait;
    std::string profile;
    DirectoryOptions directories;
    bool json = false;
};

std::string chosen(const std::string& option, const char* variable, const std::string& otherwise) {
    const char* value = ::secure_getenv(variable);
    const std::string environment = value == nullptr ? "" : value;
    return !option.empty() ? option : !environment.empty() ? environment : otherwise;
}

aws::Directories directories_of(const DirectoryOptions& options) {
    const aws::Directories usual;
    return {.identity = chosen(options.identity, "TRUSTX_AWS_IDENTITY", usual.identity),
            .state = chosen(options.state, "TRUSTX_AWS_STATE", usual.state)};
}

Result<aws::Order> order_of(const Context& context, const EnrollOptions& options) {
    auto order = options.order;
    TRY(order.method, aws::parse_method(options.method));
    order.slot = aws::usual_slot(order.method);
    if (!options.slot.empty()) {
        TRY(order.slot, parse_slot(options.slot));
    }
    order.device_name = context.device_name.value_or("");
    TRYV(order.check());
    const bool has_authority = !order.authority_certificate.empty() && !order.authority_key.empty();
    if (aws::needs_authority(order.method) && !has_authority) {
        return fail(InputErrc::usage,
                    "the method " + options.method +
                        " needs the authority that issues: give --authority-cert and --authority-key");
    }
    return order;
}

std::string column(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

Result<void> print_plan(const Context& context, const EnrollOptions& options) {
    TRY(const auto order, order_of(context, options));
    std::string text;
    for (const auto& step : aws::plan(order)) {
        constexpr std::size_t longest_name = 21;
        constexpr std::size_t longest_place = 7;
        text += column(step.name, longest_name) + column(step.where.empty() ? "-" : step.where, longest_place) +
                step.what + "\n";
    }
    return answer(text);
}

void tell_enrolled(const Context& context, const aws::Directories& directories) {
    context.note("enrolled; services use " + directories.key_file() + ", " + directories.chain_file() + " and " +
                 directories.roots_file());
}

Result<void> enroll(const Context& context, const EnrollOptions& options) {
    TRY(auto order, order_of(context, options));
    TRY(const auto wait, parse_wait(options.wait));
    TRYV(load_provider(context));
    const auto region = options.account.region.empty() ? region_in(order.endpoint) : options.account.region;
    TRY(const auto session, AwsSession::open(context, {.profile = options.account.profile, .region = region}, wait));
    order.region = session->region();
    if (aws::needs_authority(order.method)) {
        TRYV(session->use_authority({.certificate = order.authority_certificate, .key = order.authority_key}));
    }
    const auto directories = directories_of(options.directories);
    TRYV(aws::Enrolment(session->seams(), directories).enroll(order));
    tell_enrolled(context, directories);
    return {};
}

// taken_up opens the session that a journal needs.
Result<std::unique_ptr<AwsSession>> taken_up(const Context& context, const JournalOptions& options,
                                             const aws::Directories& directories) {
    TRY(const auto wait, parse_wait(options.wait));
    aws::DiskStore files;
    TRY(const auto state, aws::read_state(files, directories));
    const auto region = state.journal ? state.journal->order.region : std::string{};
    TRYV(load_provider(context));
    TRY(auto session, AwsSession::open(context, {.profile = options.profile, .region = region}, wait));
    const bool issued = !state.journal || !state.journal->facts.certificate.empty();
    if (!issued && aws::needs_authority(state.journal->order.method)) {
        const auto& order = state.journal->order;
        TRYV(session->use_authority({.certificate = order.authority_certificate, .key = order.authority_key}));
    }
    return session;
}

Result<void> resume(const Context& context, const JournalOptions& options) {
    const auto directories = directories_of(options.directories);
    TRY(const auto session, taken_up(context, options, directories));
    TRYV(aws::Enrolment(session->seams(), directories).resume());
    tell_enrolled(context, directories);
    return {};
}

Result<void> abandon(const Context& context, const JournalOptions& options) {
    const auto directories = directories_of(options.directories);
    TRY(const auto session, taken_up(context, options, directories));
    TRYV(aws::Enrolment(session->seams(), directories).abandon());
    context.note("abandoned: nothing of that enrolment is left but the key in the chip");
    return {};
}

const char* phase_words(aws::Phase phase) {
    switch (phase) {
        case aws::Phase::enrolling:
            return "not ended";
        case aws::Phase::abandoning:
            return "being abandoned";
        case aws::Phase::done:
            break;
    }
    return "enrolled";
}

nlohmann::ordered_json state_json(const aws::State& state, const aws::Directories& directories) {
    nlohmann::ordered_json json{{"identity_directory", directories.identity}, {"state_directory", directories.state}};
    if (state.identity) {
        json["identity"] = nlohmann::ordered_json::parse(state.identity->text());
    }
    if (state.journal) {
        json["journal"] = {{"phase", phase_words(state.journal->phase)},
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
        text += "  thing: " + state.identity->thing + "\n  certificate: " + state.identity->certificate_id +
                "\n  key: " + title(state.identity->slot) + "\n  broker: " + state.identity->endpoint.text() + "\n";
    } else {
        text += "  none\n";
    }
    text += "journal: " + directories.state + "\n";
    if (!state.journal) {
        return text + "  none\n";
    }
    const auto& journal = *state.journal;
    text += "  " + journal.order.thing + " by " + std::string{aws::name_of(journal.order.method)} + ", begun " +
            text::time_text(journal.begun) + ": " + phase_words(journal.phase) + "\n";
    return journal.phase == aws::Phase::done ? text : text + "  at the step: " + journal.step + "\n";
}

// status is unsuccessful for a gateway that is not enrolled, so that scripts need not read it.
Result<void> status(const Context& /*context*/, const JournalOptions& options) {
    const auto directories = directories_of(options.directories);
    aws::DiskStore files;
    TRY(const auto state, aws::read_state(files, directories));
    TRYV(answer(options.json ? json_text(state_json(state, directories)) : state_text(state, directories)));
    if (state.journal && state.journal->phase != aws::Phase::done) {
        return fail(aws::EnrolmentErrc::unfinished,
                    "the enrolment of " + state.journal->order.thing +
                        " has not ended: `trustx aws resume` carries on, `trustx aws abandon` takes it back");
    }
    return state.identity
               ? Result<void>{}
               : fail(aws::EnrolmentErrc::nothing_begun, "this gateway is not enrolled: `trustx aws enroll` does that");
}

Result<void> connect(const Context& context, const JournalOptions& options) {
    TRY(const auto wait, parse_wait(options.wait));
    const auto directories = directories_of(options.directories);
    aws::DiskStore files;
    TRY(const auto identity, aws::load_identity(files, directories));
    if (!identity) {
        return fail(aws::EnrolmentErrc::nothing_begun,
                    directories.summary_file() + " does not exist: `trustx aws enroll` makes it");
    }
    TRYV(load_provider(context));
    SystemClock clock;
    aws::PahoPort port{clock};
    TRYV(aws::connect(broker_for(context, port, clock, wait), directories, *identity));
    context.note("the broker " + identity->endpoint.text() + " accepts " + identity->thing);
    return {};
}

void add_directory_options(Command& command, DirectoryOptions& options) {
    command.option("--identity-dir", options.identity, "Where the files for services are; default: /etc/trustx",
                   "DIRECTORY");
    command.option("--state-dir", options.state, "Where the journal is; default: /var/lib/trustx", "DIRECTORY");
}

void add_order_options(Command& command, EnrollOptions& options) {
    command.option("--method", options.method, "How the certificate is issued", "METHOD")
        .one_of({"csr", "register-thing", "own-ca", "factory-cert", "jit"})
        .required();
    command.option("--thing", options.order.thing, "The thing's name, which is the MQTT client id too", "NAME")
        .required();
    command.option("--slot", options.slot, "Key slot; default: E0F1, for factory-cert E0F0", "SLOT");
    command.option("--policy", options.order.policy, "The policy for the certificate; default: trustx-gateway", "NAME");
    command.option("--endpoint", options.order.endpoint, "The broker, instead of the one that the account tells",
                   "HOST[:PORT]");
    command.option("--ca", options.order.ca_file,
                   "What the broker's certificate is checked with; default: Amazon's roots of this system", "FILE");
    command.option("--authority-cert", options.order.authority_certificate,
                   "own-ca, jit: the certificate of the authority that issues", "FILE");
    command.option("--authority-key", options.order.authority_key,
                   "own-ca, jit: its key, or a reference to one in a chip", "FILE");
    command.flag("--existing-thing", options.order.existing_thing,
                 "A thing that has other certificates gets this one in addition");
    command.flag("--replace", options.order.replace,
                 "Replace the certificate in the slot's object and the identity in files");
}

void add_plan(Command& aws) {
    const auto options = std::make_shared<EnrollOptions>();
    auto command = aws.subcommand("plan", "Print what enroll would do, and do nothing", what_plan_does);
    add_order_options(command, *options);
    command.on_run([options](const Context& context) { return print_plan(context, *options); });
}

void add_enroll(Command& aws) {
    const auto options = std::make_shared<EnrollOptions>();
    auto command = aws.subcommand("enroll", "Enrol this gateway, up to a connection to the broker", what_enroll_does);
    add_order_options(command, *options);
    command.option("--account", options->order.account, "Refuse credentials of any other account", "NUMBER");
    command.option("--profile", options->account.profile, "Profile in ~/.aws; default: as AWS's programs choose",
                   "NAME");
    command.option("--region", options->account.region, "Region; default: as AWS's programs choose", "NAME");
    command.option("--wait", options->wait, "How long the broker may take to accept the gateway; default: 10m", "TIME");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return enroll(context, *options); });
}

void add_resume(Command& aws) {
    const auto options = std::make_shared<JournalOptions>();
    auto command = aws.subcommand("resume", "Carry on with an enrolment that was interrupted", what_resume_does);
    command.option("--profile", options->profile, "Profile in ~/.aws; default: as AWS's programs choose", "NAME");
    command.option("--wait", options->wait, "How long the broker may take to accept the gateway; default: 10m", "TIME");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return resume(context, *options); });
}

void add_abandon(Command& aws) {
    const auto options = std::make_shared<JournalOptions>();
    auto command = aws.subcommand("abandon", "Take back an enrolment that has not ended", what_abandon_does);
    command.option("--profile", options->profile, "Profile in ~/.aws; default: as AWS's programs choose", "NAME");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return abandon(context, *options); });
}

void add_status(Command& aws) {
    const auto options = std::make_shared<JournalOptions>();
    auto command = aws.subcommand("status", "Say how far the enrolment is, and where its files are", what_status_does);
    command.flag("--json", options->json, "The same for programs");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return status(context, *options); });
}

void add_connect(Command& aws) {
    const auto options = std::make_shared<JournalOptions>();
    options->wait = "0";
    auto command = aws.subcommand("connect", "Prove that the broker accepts this gateway", what_connect_does);
    command.option("--wait", options->wait, "How long to go on trying; default: one attempt", "TIME");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return connect(context, *options); });
}

}  // namespace

void add_aws(Command& program) {
    auto aws = program.subcommand("aws", "Enrol this gateway with AWS IoT", what_aws_is);
    add_plan(aws);
    add_enroll(aws);
    add_resume(aws);
    add_status(aws);
    add_abandon(aws);
    add_connect(aws);
}

}  // namespace trustx::cli
