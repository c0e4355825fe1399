// SPDX-License-Identifier: Apache-2.0
// trustx aws make policy, claim-policy, template and role.
#include "aws/documents/policy.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "cli/context.hpp"
#include "commands/aws/make.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_make_policy_does =
    R"(One policy for all gateways: each may connect under its thing's name, publish on dt/THING/..., and receive on
cmd/THING/..., besides shadow, jobs and metrics of its thing. It may also connect as THING-check, so that a rotation
proves the new identity while a service stays connected. It is the policy that `enroll` makes where there is none. Its
characters are counted: AWS IoT takes 2048. A rule's own topics (Basic Ingest) and further names for clients are allowed
one by one.

Examples:
  trustx aws make policy --account 123456789012 --region eu-central-1 --out policy.json
  trustx aws make policy --publish dt --publish alarm --retain --role-alias gateway-role
  trustx aws make policy --rule climate --client shadow --client jobs)";

constexpr const char* what_make_claim_policy_does =
    R"(For certificates that are claims: they may have the key of a chip certified and run one template, and nothing else.

Examples:
  trustx aws make claim-policy --template fleet --account 123456789012 --out claim-policy.json)";

constexpr const char* what_make_template_does =
    R"(Uses: `csr` and `certificate` are for RegisterThing, `fleet` is for claims, `jitp` for authorities whose certificates
register themselves. The certificates of the first two become INACTIVE, for checks before they are activated.

Examples:
  trustx aws make template --use fleet --policy trustx-gateway --out fleet.json
  trustx aws make template --use jitp --policy trustx-gateway --name-from id)";

constexpr const char* what_make_role_does =
    R"(The trust policy of a role: `provisioning` is for templates, `credentials` for a role alias, `function` for Lambda.

Examples:
  trustx aws make role provisioning --account 123456789012 --out trust.json)";

struct MakePolicyOptions {
    std::string out = "-";
    ScopeOptions scope;
    aws::DevicePolicy policy;
    bool no_shadow = false;
    bool no_jobs = false;
    bool no_defender = false;
    bool no_check = false;
};

Result<void> make_policy(const Context& context, const MakePolicyOptions& options) {
    auto policy = options.policy;
    TRY(policy.scope, scope_of(context, options.scope));
    policy.shadow = !options.no_shadow;
    policy.jobs = !options.no_jobs;
    policy.defender = !options.no_defender;
    policy.client_beside = !options.no_check;
    TRY(const auto text, aws::device_policy(policy));
    return files::write_file(options.out, text);
}

struct MakeClaimPolicyOptions {
    std::string out = "-";
    ScopeOptions scope;
    aws::ClaimPolicy policy;
};

Result<void> make_claim_policy(const Context& context, const MakeClaimPolicyOptions& options) {
    auto policy = options.policy;
    TRY(policy.scope, scope_of(context, options.scope));
    TRY(const auto text, aws::claim_policy(policy));
    return files::write_file(options.out, text);
}

struct MakeTemplateOptions {
    std::string out = "-";
    std::string use;
    std::string name_from = "common-name";
    aws::ProvisioningTemplate wanted;
    bool shared = false;
};

aws::TemplateUse template_use(const std::string& word) {
    return word == "csr"           ? aws::TemplateUse::register_csr
           : word == "certificate" ? aws::TemplateUse::register_certificate
           : word == "fleet"       ? aws::TemplateUse::fleet
                                   : aws::TemplateUse::jitp;
}

Result<void> make_template(const Context& /*context*/, const MakeTemplateOptions& options) {
    auto wanted = options.wanted;
    wanted.use = template_use(options.use);
    wanted.jitp_name = options.name_from == "id" ? aws::JitpName::certificate_id : aws::JitpName::common_name;
    wanted.exclusive = !options.shared;
    TRY(const auto text, aws::provisioning_template(wanted));
    return files::write_file(options.out, text);
}

struct MakeRoleOptions {
    std::string out = "-";
    std::string user;
    std::string account;
};

Result<void> make_role(const Context& context, const MakeRoleOptions& options) {
    const auto user = options.user == "provisioning"  ? aws::RoleUser::provisioning
                      : options.user == "credentials" ? aws::RoleUser::credentials
                                                      : aws::RoleUser::function;
    TRYV(files::write_file(options.out, aws::role_trust(user, options.account)));
    if (user == aws::RoleUser::provisioning) {
        context.note("this role also needs the managed policy " + aws::registration_policy_arn("aws"));
    }
    return {};
}

}  // namespace

void add_make_policy(Command& make) {
    const auto options = std::make_shared<MakePolicyOptions>();
    auto& policy = options->policy;
    auto command = make.subcommand("policy", "Make the policy of gateways", what_make_policy_does);
    command.option("--publish", policy.publish, "Where it may publish: TOPIC/THING/...; default: dt", "TOPIC");
    command.option("--subscribe", policy.subscribe, "What it may receive: TOPIC/THING/...; default: cmd", "TOPIC");
    command.option("--rule", policy.rules,
                   "It may publish to this rule alone, as $aws/rules/NAME/...; several are possible", "NAME");
    command.option("--client", policy.clients,
                   "It may connect as THING-SUFFIX, too, for another program; several are possible", "SUFFIX");
    command.flag("--no-shadow", options->no_shadow, "Not the shadows of its thing");
    command.flag("--no-jobs", options->no_jobs, "Not the jobs of its thing");
    command.flag("--no-defender", options->no_defender, "Not the metrics of Device Defender");
    command.flag("--no-check", options->no_check, "Not the name THING-check, by which a rotation connects first");
    command.flag("--retain", policy.retain, "It may publish retained messages");
    command.flag("--greengrass", policy.greengrass, "What a Greengrass core device needs, besides");
    command.option("--role-alias", policy.role_alias, "It may get credentials of this role alias", "NAME");
    command.option("--renewal-template", policy.renewal_template,
                   "It may get another certificate by this fleet provisioning template", "NAME");
    add_scope_options(command, options->scope);
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_policy(context, *options); });
}

void add_make_claim_policy(Command& make) {
    const auto options = std::make_shared<MakeClaimPolicyOptions>();
    auto command = make.subcommand("claim-policy", "Make the policy of claims", what_make_claim_policy_does);
    command.option("--template", options->policy.template_name, "The template that a claim may run", "NAME").required();
    command.option("--client-prefix", options->policy.client_prefix,
                   "How the client ids of claims begin; default: claim-", "TEXT");
    add_scope_options(command, options->scope);
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_claim_policy(context, *options); });
}

void add_make_template(Command& make) {
    const auto options = std::make_shared<MakeTemplateOptions>();
    auto command = make.subcommand("template", "Make a provisioning template", what_make_template_does);
    command.option("--use", options->use, "Who runs it", "USE")
        .one_of({"csr", "certificate", "fleet", "jitp"})
        .required();
    options->wanted.policy = "trustx-gateway";
    command.option("--policy", options->wanted.policy, "The policy for the certificates; default: trustx-gateway",
                   "NAME");
    command.option("--thing-type", options->wanted.thing_type, "The type of the things", "NAME");
    command.option("--thing-group", options->wanted.thing_groups, "A group of the things; several are possible",
                   "NAME");
    command
        .option("--name-from", options->name_from,
                "jitp: what names the thing; id is for certificates without a subject", "PART")
        .one_of({"common-name", "id"});
    command.flag("--shared", options->shared, "The certificate may belong to other things, too");
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_template(context, *options); });
}

void add_make_role(Command& make) {
    const auto options = std::make_shared<MakeRoleOptions>();
    auto command = make.subcommand("role", "Make the trust policy of a role", what_make_role_does);
    command.argument("USER", options->user, "Who is given the role")
        .required()
        .one_of({"provisioning", "credentials", "function"});
    command.option("--account", options->account, "provisioning: only for this account", "NUMBER");
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_role(context, *options); });
}

}  // namespace trustx::cli
