// SPDX-License-Identifier: Apache-2.0
// trustx aws ca: authorities that the account knows. For operators: no chip is needed, unless the authority's key is in
// one.
#include "aws/authority/ca_registration.hpp"
#include "aws/documents/names.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"

#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

constexpr const char* what_ca_register_does =
    R"(Certificates of a registered authority can be registered one by one (`enroll --method own-ca`) or by their first
connection (`enroll --method jit`): with a template, which the service runs (JITP), or with --jitr, where they wait for
somebody to activate them, such as the function of `make jitr`.

In the mode default the key of the authority proves that it is yours; it may be a reference to a key in a chip. In the
mode sni-only there is no proof, and several accounts may register the same authority: that is for a vendor's, whose key
nobody here has. A template is refused for such an authority, because it lets in all of the vendor's customers.

An authority that is registered already gets what is wanted now. Its id is the answer.

Examples:
  trustx aws ca register --cert ca.pem --key ca-key.pem
  trustx aws ca register --cert ca.pem --key ca-key.pem --template fleet-jitp
  trustx aws ca register --cert vendor-ca.pem --mode sni-only --jitr)";

constexpr const char* what_ca_list_does =
    R"(Examples:
  trustx aws ca list --json)";

constexpr const char* what_ca_retire_does =
    R"(It becomes INACTIVE: no certificate of it is registered any more. Those that are registered stay as they are.

Examples:
  trustx aws ca retire 8b3a... --delete)";

struct CaRegisterOptions {
    pki::AuthorityFiles files;
    std::string mode = "default";
    std::string template_name;
    std::string template_body;
    std::string role;
    bool jitr = false;
    AccountChoice account;
};

struct CaOptions {
    std::string id;
    bool delete_it = false;
    bool json = false;
    AccountChoice account;
};

Result<std::unique_ptr<CloudSession>> session_for_ca(const Context& context, const AccountChoice& choice) {
    return CloudSession::open(context, {.profile = choice.profile, .region = choice.region});
}

aws::CaCalls ca_calls(CloudSession& session) {
    return {.cloud = session.cloud(), .clock = session.clock()};
}

Result<std::optional<aws::RegistrationConfig>> provisioning_of(const CaRegisterOptions& options) {
    if (!options.template_name.empty()) {
        return std::optional{aws::RegistrationConfig{.template_name = options.template_name}};
    }
    if (options.template_body.empty() != options.role.empty()) {
        return fail(InputErrc::usage,
                    "--template-body and --role go together: the service runs the template as the role");
    }
    if (options.template_body.empty()) {
        return std::optional<aws::RegistrationConfig>{};
    }
    TRYV(aws::check_role(options.role));
    TRY(const auto body, files::read_input(options.template_body));
    return std::optional{
        aws::RegistrationConfig{.template_body = {body.begin(), body.end()}, .role_arn = options.role}};
}

Result<aws::CaRegistration> wanted_registration(const CaRegisterOptions& options) {
    TRY(auto provisioning, provisioning_of(options));
    return aws::CaRegistration{
        .files = options.files,
        .mode = options.mode == "sni-only" ? aws::CertificateMode::sni_only : aws::CertificateMode::default_mode,
        .auto_registration = options.jitr,
        .provisioning = std::move(provisioning)};
}

// An operator's computer needs the provider for an authority whose key is in a chip, and for no other.
Result<void> load_provider_for(const Context& context, const std::string& key_file) {
    if (key_file.empty()) {
        return {};
    }
    TRY(const auto content, files::read_input(key_file));
    return keys::parse_key_file(content, key_file) ? load_provider(context) : Result<void>{};
}

const char* words_of_registration(const aws::CaCertificateDescription& ca) {
    return ca.registration        ? "register themselves by a template when they connect"
           : ca.auto_registration ? "register themselves when they connect, and wait to be activated"
                                  : "are registered on request only";
}

const char* mode_word(const aws::CaCertificateDescription& ca) {
    return ca.mode == aws::CertificateMode::sni_only ? "sni-only" : "default";
}

Result<void> register_authority(const Context& context, const CaRegisterOptions& options) {
    TRY(const auto wanted, wanted_registration(options));
    TRYV(load_provider_for(context, options.files.key));
    TRY(const auto authority, aws::check_registration(wanted, std::time(nullptr)));
    TRY(const auto session, session_for_ca(context, options.account));
    TRY(const auto ca, aws::register_ca(ca_calls(*session), wanted, authority));
    context.note("registered in " + session->region() + ", mode " + mode_word(ca) + "; its certificates " +
                 words_of_registration(ca));
    return answer(ca.id + "\n");
}

nlohmann::ordered_json ca_json(const aws::CaCertificateDescription& ca) {
    return {{"id", ca.id},
            {"arn", ca.arn},
            {"active", ca.active},
            {"mode", mode_word(ca)},
            {"auto_registration", ca.auto_registration},
            {"template", ca.registration.has_value()}};
}

std::string ca_text(const aws::CaCertificateDescription& ca) {
    return ca.id + " " + (ca.active ? "ACTIVE" : "INACTIVE") + " " + mode_word(ca) + ", its certificates " +
           words_of_registration(ca) + "\n";
}

Result<void> list_authorities(const Context& context, const CaOptions& options) {
    TRY(const auto session, session_for_ca(context, options.account));
    TRY(const auto all, aws::list_cas(ca_calls(*session)));
    auto json = nlohmann::ordered_json::array();
    std::string text;
    for (const auto& ca : all) {
        json.push_back(ca_json(ca));
        text += ca_text(ca);
    }
    return answer(options.json ? json_text(json) : text);
}

Result<void> retire_authority(const Context& context, const CaOptions& options) {
    TRY(const auto session, session_for_ca(context, options.account));
    TRYV(aws::retire_ca(ca_calls(*session), options.id, options.delete_it));
    context.note(options.id + (options.delete_it ? " is deleted" : " is INACTIVE"));
    return {};
}

void add_ca_register(Command& ca) {
    const auto options = std::make_shared<CaRegisterOptions>();
    auto command = ca.subcommand("register", "Register an authority", what_ca_register_does);
    command.option("--cert", options->files.certificate, "Its certificate, in PEM", "FILE").required();
    command.option("--key", options->files.key, "Its key, or a reference to one in a chip", "FILE");
    command.option("--mode", options->mode, "How it is registered; default: default", "MODE")
        .one_of({"default", "sni-only"});
    const auto by_name = command.option("--template", options->template_name,
                                        "Its certificates become things by this template, of type JITP", "NAME");
    const auto by_body = command.option("--template-body", options->template_body,
                                        "The same by a template in a file; needs --role", "FILE");
    command.option("--role", options->role, "The role that AWS IoT runs the template with", "ARN").excludes(by_name);
    by_body.excludes(by_name);
    command.flag("--jitr", options->jitr, "Its certificates register themselves, and wait to be activated")
        .excludes(by_name)
        .excludes(by_body);
    add_account_options(command, options->account);
    command.on_run([options](const Context& context) { return register_authority(context, *options); });
}

void add_ca_list(Command& ca) {
    const auto options = std::make_shared<CaOptions>();
    auto command = ca.subcommand("list", "List the authorities that the account knows", what_ca_list_does);
    command.flag("--json", options->json, "The same for programs");
    add_account_options(command, options->account);
    command.on_run([options](const Context& context) { return list_authorities(context, *options); });
}

void add_ca_retire(Command& ca) {
    const auto options = std::make_shared<CaOptions>();
    auto command = ca.subcommand("retire", "Make an authority INACTIVE, or delete it", what_ca_retire_does);
    command.argument("ID", options->id, "Its certificate id").required();
    command.flag("--delete", options->delete_it, "Delete it then");
    add_account_options(command, options->account);
    command.on_run([options](const Context& context) { return retire_authority(context, *options); });
}

}  // namespace

void add_aws_ca(Command& aws) {
    auto ca = aws.subcommand("ca", "Authorities that the account knows", "");
    add_ca_register(ca);
    add_ca_list(ca);
    add_ca_retire(ca);
}

}  // namespace trustx::cli
