// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/policy.hpp"

#include "aws/documents/names.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

using Document = nlohmann::ordered_json;  // as a person would write it

constexpr const char* thing_variable = "${iot:Connection.Thing.ThingName}";
constexpr const char* policy_language = "2012-10-17";

std::string arn_in(const PolicyScope& scope, const std::string& resource) {
    return "arn:" + scope.partition + ":iot:" + scope.region + ":" + scope.account + ":" + resource;
}

Document statement(const Document& action, const Document& resource) {
    return {{"Effect", "Allow"}, {"Action", action}, {"Resource", resource}};
}

Document with_statements(Document statements) {
    return {{"Version", policy_language}, {"Statement", std::move(statements)}};
}

Result<std::string> counted(const Document& document) {
    auto text = document.dump(1);
    const auto size = policy_size(text);
    if (size > longest_policy) {
        return fail(InputErrc::usage, "the policy has " + std::to_string(size) + " characters, and AWS IoT takes " +
                                          std::to_string(longest_policy) +
                                          "; leave topics out, or spread them over two policies");
    }
    return text + "\n";
}

// Topics are those of a device: what it may publish, and what it may receive.
struct Topics {
    std::vector<std::string> out;
    std::vector<std::string> in;
};

// Topics of a certificate's renewal are received, too: the answers come on them.
void add_renewal(Topics& topics, const std::string& template_name) {
    for (const auto& topic : {std::string{"$aws/certificates/create-from-csr/*"},
                              "$aws/provisioning-templates/" + template_name + "/provision/*"}) {
        topics.out.push_back(topic);
        topics.in.push_back(topic);
    }
}

Topics topics_of(const DevicePolicy& policy) {
    const auto own = std::string{"$aws/things/"} + thing_variable;
    Topics topics;
    for (const auto& topic : policy.publish) {
        topics.out.push_back(topic + "/" + thing_variable + "/*");
    }
    for (const auto& rule : policy.rules) {
        topics.out.push_back("$aws/rules/" + rule + "/*");
    }
    for (const auto& topic : policy.subscribe) {
        topics.in.push_back(topic + "/" + thing_variable + "/*");
    }
    for (const auto& [wanted, topic] : {std::pair{policy.shadow, "/shadow/*"}, std::pair{policy.jobs, "/jobs/*"},
                                        std::pair{policy.defender, "/defender/metrics/*"}}) {
        if (wanted) {
            topics.out.push_back(own + topic);
        }
    }
    if (policy.shadow || policy.jobs || policy.defender || policy.greengrass) {
        topics.in.push_back(own + "/*");
    }
    if (policy.greengrass) {
        topics.out.push_back(own + "/greengrass/*");
        topics.out.push_back(own + "/greengrassv2/*");
    }
    if (!policy.renewal_template.empty()) {
        add_renewal(topics, policy.renewal_template);
    }
    return topics;
}

Document resources(const PolicyScope& scope, const char* kind, const std::vector<std::string>& topics) {
    auto list = Document::array();
    for (const auto& topic : topics) {
        list.push_back(arn_in(scope, std::string{kind} + "/" + topic));
    }
    return list;
}

Document connect_statement(const DevicePolicy& policy) {
    const auto client = [&policy](const std::string& name) { return arn_in(policy.scope, "client/" + name); };
    auto names = Document::array({client(thing_variable)});
    if (policy.client_beside) {
        names.push_back(client(client_beside(thing_variable)));
    }
    for (const auto& suffix : policy.clients) {
        names.push_back(client(thing_variable + ("-" + suffix)));
    }
    auto connect = statement("iot:Connect", names);
    connect["Condition"] = {{"Bool", {{"iot:Connection.Thing.IsAttached", "true"}}}};
    return connect;
}

Result<void> check_topic(const std::string& topic) {
    const auto refused = [&topic](const char* why) {
        return fail(InputErrc::usage, "`" + topic + "` cannot be the beginning of a topic: " + why);
    };
    if (topic.starts_with('$')) {
        return refused("topics with $ are AWS IoT's own; --rule allows those of a rule (Basic Ingest)");
    }
    const bool good = !topic.empty() && text::is_printable(topic) &&
                      topic.find_first_of("$*+#\"") == std::string::npos && topic.front() != '/' && topic.back() != '/';
    return good ? Result<void>{} : refused("it has neither wildcards nor $, and no slash at its ends");
}

Result<void> check_names(const DevicePolicy& policy) {
    TRYV(check_scope(policy.scope));
    for (const auto* topics : {&policy.publish, &policy.subscribe}) {
        for (const auto& topic : *topics) {
            TRYV(check_topic(topic));
        }
    }
    TRYV(check_additions(policy.rules, policy.clients));
    if (!policy.role_alias.empty()) {
        TRYV(check_name(NameOf::role_alias, policy.role_alias));
    }
    return policy.renewal_template.empty() ? Result<void>{}
                                           : check_name(NameOf::provisioning_template, policy.renewal_template);
}

}  // namespace

Result<void> check_scope(const PolicyScope& scope) {
    const bool has_region = !scope.region.empty() && scope.region.find_first_not_of(
                                                         "abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    return has_region ? check_account(scope.account)
                      : fail(InputErrc::usage, "a policy needs the region in which it is valid");
}

Result<void> check_additions(const std::vector<std::string>& rules, const std::vector<std::string>& clients) {
    for (const auto& rule : rules) {
        TRYV(check_name(NameOf::rule, rule));
    }
    for (const auto& suffix : clients) {
        TRYV(check_name(NameOf::thing, suffix));  // the whole is a client id as a thing's name is
    }
    return {};
}

std::size_t policy_size(std::string_view document) {
    return static_cast<std::size_t>(std::count_if(document.begin(), document.end(), [](char letter) {
        return letter != ' ' && letter != '\n' && letter != '\r' && letter != '\t';
    }));
}

std::string client_beside(const std::string& thing) {
    return thing + "-check";
}

Result<std::string> device_policy(const DevicePolicy& policy) {
    TRYV(check_names(policy));
    const auto& scope = policy.scope;
    const auto topics = topics_of(policy);
    auto statements = Document::array({connect_statement(policy)});
    if (!topics.out.empty()) {
        statements.push_back(statement(policy.retain ? Document{"iot:Publish", "iot:RetainPublish"} : "iot:Publish",
                                       resources(scope, "topic", topics.out)));
    }
    if (!topics.in.empty()) {
        statements.push_back(statement("iot:Receive", resources(scope, "topic", topics.in)));
        statements.push_back(statement("iot:Subscribe", resources(scope, "topicfilter", topics.in)));
    }
    if (!policy.role_alias.empty()) {
        statements.push_back(
            statement("iot:AssumeRoleWithCertificate", arn_in(scope, "rolealias/" + policy.role_alias)));
    }
    if (policy.greengrass) {
        statements.push_back(statement("greengrass:*", "*"));
    }
    return counted(with_statements(std::move(statements)));
}

Result<std::string> claim_policy(const ClaimPolicy& policy) {
    TRYV(check_scope(policy.scope));
    TRYV(check_name(NameOf::provisioning_template, policy.template_name));
    TRYV(check_name(NameOf::thing, policy.client_prefix));
    Topics topics;
    add_renewal(topics, policy.template_name);
    const auto& scope = policy.scope;
    return counted(with_statements(
        Document::array({statement("iot:Connect", arn_in(scope, "client/" + policy.client_prefix + "*")),
                         statement({"iot:Publish", "iot:Receive"}, resources(scope, "topic", topics.out)),
                         statement("iot:Subscribe", resources(scope, "topicfilter", topics.in))})));
}

std::string role_trust(RoleUser user, const std::string& account) {
    const char* service = user == RoleUser::provisioning  ? "iot.amazonaws.com"
                          : user == RoleUser::credentials ? "credentials.iot.amazonaws.com"
                                                          : "lambda.amazonaws.com";
    Document trust{{"Effect", "Allow"}, {"Principal", {{"Service", service}}}, {"Action", "sts:AssumeRole"}};
    if (user == RoleUser::provisioning && !account.empty()) {
        trust["Condition"] = {{"StringEquals", {{"aws:SourceAccount", account}}}};
    }
    return with_statements(Document::array({trust})).dump(1) + "\n";
}

std::string registration_policy_arn(const std::string& partition) {
    return "arn:" + partition + ":iam::aws:policy/service-role/AWSIoTThingsRegistration";
}

Result<std::string> jitr_permissions(const PolicyScope& scope) {
    TRYV(check_scope(scope));
    const Document on_certificates{"iot:DescribeCertificate", "iot:UpdateCertificate", "iot:AttachPolicy",
                                   "iot:AttachThingPrincipal"};
    const Document on_things{"iot:CreateThing", "iot:UpdateThing", "iot:AttachThingPrincipal"};
    const Document on_logs{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"};
    return with_statements(
               Document::array({statement(on_certificates, arn_in(scope, "cert/*")),
                                statement(on_things, arn_in(scope, "thing/*")),
                                statement("iot:AttachPolicy", arn_in(scope, "policy/*")), statement(on_logs, "*")}))
               .dump(1) +
           "\n";
}

}  // namespace trustx::aws
