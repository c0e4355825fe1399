// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/operations.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

std::string rule_body(const TopicRule& rule) {
    nlohmann::json json{
        {"sql", rule.sql},
        {"awsIotSqlVersion", "2016-03-23"},
        {"ruleDisabled", !rule.enabled},
        {"actions", nlohmann::json::array({{{"lambda", {{"functionArn", rule.function_arn}}}}})},
    };
    set(json, "description", rule.description);
    return body(json);
}

std::string function_in(const Json& rule) {
    for (const auto& action : list(rule, "actions")) {
        const auto lambda = action.find("lambda");
        if (lambda != action.end()) {
            return text_or_empty(*lambda, "functionArn");
        }
    }
    return {};
}

}  // namespace

ApiRequest DescribeEndpoint::request() const {
    return {.path = {"endpoint"},
            .query = {{"endpointType", type == EndpointType::data_ats ? "iot:Data-ATS" : "iot:CredentialProvider"}}};
}

Result<std::string> DescribeEndpoint::parse(const Json& answer) {
    return text_of(answer, "endpointAddress");
}

ApiRequest CreateRoleAlias::request() const {
    return {.path = {"role-aliases", alias},
            .body = body({{"roleArn", role_arn}, {"credentialDurationSeconds", duration.count()}})};
}

Result<NamedArn> CreateRoleAlias::parse(const Json& answer) {
    TRY(auto name, text_of(answer, "roleAlias"));
    TRY(auto arn, text_of(answer, "roleAliasArn"));
    return NamedArn{std::move(name), std::move(arn)};
}

ApiRequest DescribeRoleAlias::request() const {
    return {.path = {"role-aliases", alias}};
}

Result<RoleAlias> DescribeRoleAlias::parse(const Json& answer) {
    TRY(const Json* found, member(answer, "roleAliasDescription"));
    TRY(auto alias, text_of(*found, "roleAlias"));
    TRY(auto arn, text_of(*found, "roleAliasArn"));
    return RoleAlias{std::move(alias), std::move(arn), text_or_empty(*found, "roleArn"),
                     std::chrono::seconds{number_or_zero(*found, "credentialDurationSeconds")}};
}

ApiRequest DeleteRoleAlias::request() const {
    return {.path = {"role-aliases", alias}};
}

Result<NoAnswer> DeleteRoleAlias::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest CreateTopicRule::request() const {
    return {.path = {"rules", name}, .body = rule_body(rule)};
}

Result<NoAnswer> CreateTopicRule::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest ReplaceTopicRule::request() const {
    return {.path = {"rules", name}, .body = rule_body(rule)};
}

Result<NoAnswer> ReplaceTopicRule::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest GetTopicRule::request() const {
    return {.path = {"rules", name}};
}

Result<TopicRule> GetTopicRule::parse(const Json& answer) {
    TRY(const Json* rule, member(answer, "rule"));
    TRY(auto sql, text_of(*rule, "sql"));
    return TopicRule{std::move(sql), function_in(*rule), text_or_empty(*rule, "description"),
                     !is_true(*rule, "ruleDisabled")};
}

ApiRequest DeleteTopicRule::request() const {
    return {.path = {"rules", name}};
}

Result<NoAnswer> DeleteTopicRule::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DeleteConnection::request() const {
    return {.path = {"connections", client_id},
            .query = {{"cleanSession", text_of(clean_session)}, {"preventWillMessage", text_of(prevent_will_message)}}};
}

Result<NoAnswer> DeleteConnection::parse(const Json& answer) {
    return no_answer(answer);
}

}  // namespace trustx::aws
