// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/deployment.hpp"

#include "aws/documents/names.hpp"
#include "common/try.hpp"

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

std::string arn_of(const PolicyScope& scope, const std::string& service, const std::string& resource) {
    return "arn:" + scope.partition + ":" + service + ":" + scope.region + ":" + scope.account + ":" + resource;
}

std::string function_arn(const PolicyScope& scope, const std::string& name) {
    return arn_of(scope, "lambda", "function:" + name);
}

std::string rule_text(const JitrDeployment& wanted, const std::string& sql) {
    const nlohmann::ordered_json rule{
        {"sql", sql},
        {"awsIotSqlVersion", "2016-03-23"},
        {"ruleDisabled", false},
        {"actions", {{{"lambda", {{"functionArn", function_arn(wanted.scope, wanted.name)}}}}}}};
    return rule.dump(1) + "\n";
}

// A function of Lambda: `caller` is what of AWS IoT may call it.
struct Function {
    const PolicyScope& scope;
    const std::string& name;
    std::string module_name;
    std::string caller;
    std::size_t size = 0;  // of its source
};

// memory_of is in MB: what Lambda gives at least, and what the list takes, with the share of a processor that comes
// with it.
std::string memory_of(std::size_t size) {
    constexpr std::size_t least = 128;
    constexpr std::size_t for_each_byte = 12;
    return std::to_string(least + size * for_each_byte / 1'000'000);
}

// function_commands: after a first run the role is usable after some seconds only.
std::string function_commands(const Function& function) {
    const auto& [scope, name, module_name, caller, size] = function;
    const auto role = "arn:" + scope.partition + ":iam::" + scope.account + ":role/" + name;
    return "#!/bin/sh\n"
           "# Puts the function, its role and what calls it into the account. It needs the program aws, with\n"
           "# credentials, and Python. A new role can be used after some seconds: where create-function says that it\n"
           "# cannot be assumed, repeat from there. With --update it only uploads the function, whose list has "
           "changed,\n"
           "# and gives it the memory for that.\n"
           "set -eu\n"
           "cd \"$(dirname \"$0\")\"\n"
           "export AWS_DEFAULT_REGION=" +
           scope.region +
           "\n"
           "python3 -m zipfile -c " +
           module_name + ".zip " + module_name +
           ".py\n"
           "if [ \"${1-}\" = --update ]; then\n"
           "    aws lambda update-function-configuration --function-name " +
           name + " --memory-size " + memory_of(size) +
           "\n"
           "    aws lambda wait function-updated --function-name " +
           name +
           "\n"
           "    exec aws lambda update-function-code --function-name " +
           name + " --zip-file fileb://" + module_name +
           ".zip\n"
           "fi\n"
           "aws iam create-role --role-name " +
           name +
           " --assume-role-policy-document file://trust.json\n"
           "aws iam put-role-policy --role-name " +
           name + " --policy-name " + name +
           " --policy-document file://permissions.json\n"
           "aws lambda create-function --function-name " +
           name + " --runtime python3.12 --handler " + module_name + ".handler --timeout 30 --memory-size " +
           memory_of(size) + " --role " + role + " --zip-file fileb://" + module_name +
           ".zip\n"
           "aws lambda add-permission --function-name " +
           name + " --statement-id iot --action lambda:InvokeFunction --principal iot.amazonaws.com --source-account " +
           scope.account + " --source-arn " + caller + "\n";
}

std::string hook_permissions() {
    const nlohmann::ordered_json permissions{
        {"Version", "2012-10-17"},
        {"Statement",
         {{{"Effect", "Allow"},
           {"Action", {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}},
           {"Resource", "*"}}}}};
    return permissions.dump(1) + "\n";
}

}  // namespace

Result<std::vector<NamedDocument>> jitr_documents(const JitrDeployment& wanted) {
    TRYV(check_name(NameOf::rule, wanted.name));
    TRY(auto function, jitr_function(wanted.devices, wanted.policy));
    TRY(auto permissions, jitr_permissions(wanted.scope));
    TRY(const auto sql, jitr_sql(wanted.ca_certificate_id));
    const auto commands = function_commands({wanted.scope, wanted.name, "jitr",
                                             arn_of(wanted.scope, "iot", "rule/" + wanted.name), function.size()}) +
                          "aws iot create-topic-rule --rule-name " + wanted.name +
                          " --topic-rule-payload file://rule.json\n";
    return std::vector<NamedDocument>{{"jitr.py", std::move(function)},
                                      {"trust.json", role_trust(RoleUser::function)},
                                      {"permissions.json", std::move(permissions)},
                                      {"rule.json", rule_text(wanted, sql)},
                                      {"deploy", commands, true}};
}

Result<std::vector<NamedDocument>> hook_documents(const HookDeployment& wanted) {
    TRYV(check_name(NameOf::rule, wanted.name));
    TRYV(check_name(NameOf::provisioning_template, wanted.template_name));
    TRYV(check_scope(wanted.scope));
    TRY(auto function, provisioning_hook(wanted.claims));
    const auto commands =
        function_commands({wanted.scope, wanted.name, "provisioning_hook",
                           arn_of(wanted.scope, "iot", "provisioningtemplate/" + wanted.template_name),
                           function.size()}) +
        "aws iot update-provisioning-template --template-name " + wanted.template_name +
        " --pre-provisioning-hook payloadVersion=2020-04-01,targetArn=" + function_arn(wanted.scope, wanted.name) +
        "\n";
    return std::vector<NamedDocument>{{"provisioning_hook.py", std::move(function)},
                                      {"trust.json", role_trust(RoleUser::function)},
                                      {"permissions.json", hook_permissions()},
                                      {"deploy", commands, true}};
}

}  // namespace trustx::aws
