// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/policies.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

constexpr Names<AuthAction, 4> actions{{{AuthAction::connect, "CONNECT"},
                                        {AuthAction::publish, "PUBLISH"},
                                        {AuthAction::subscribe, "SUBSCRIBE"},
                                        {AuthAction::receive, "RECEIVE"}}};

constexpr Names<AuthDecision, 3> decisions{{{AuthDecision::allowed, "ALLOWED"},
                                            {AuthDecision::explicit_deny, "EXPLICIT_DENY"},
                                            {AuthDecision::implicit_deny, "IMPLICIT_DENY"}}};

Result<CreatedPolicy> created(const Json& answer) {
    TRY(auto arn, text_of(answer, "policyArn"));
    return CreatedPolicy{std::move(arn), text_or_empty(answer, "policyVersionId")};
}

}  // namespace

ApiRequest CreatePolicy::request() const {
    return {.path = {"policies", name}, .body = body({{"policyDocument", document}})};
}

Result<CreatedPolicy> CreatePolicy::parse(const Json& answer) {
    return created(answer);
}

ApiRequest GetPolicy::request() const {
    return {.path = {"policies", name}};
}

Result<PolicyDescription> GetPolicy::parse(const Json& answer) {
    TRY(auto name, text_of(answer, "policyName"));
    TRY(auto arn, text_of(answer, "policyArn"));
    TRY(auto document, text_of(answer, "policyDocument"));
    return PolicyDescription{std::move(name), std::move(arn), std::move(document),
                             text_or_empty(answer, "defaultVersionId")};
}

ApiRequest CreatePolicyVersion::request() const {
    return {.path = {"policies", name, "version"},
            .query = {{"setAsDefault", "true"}},
            .body = body({{"policyDocument", document}})};
}

Result<CreatedPolicy> CreatePolicyVersion::parse(const Json& answer) {
    return created(answer);
}

ApiRequest ListPolicyVersions::request() const {
    return {.path = {"policies", name, "version"}};
}

Result<std::vector<PolicyVersion>> ListPolicyVersions::parse(const Json& answer) {
    std::vector<PolicyVersion> versions;
    for (const auto& each : list(answer, "policyVersions")) {
        versions.push_back({text_or_empty(each, "versionId"), is_true(each, "isDefaultVersion")});
    }
    return versions;
}

ApiRequest DeletePolicyVersion::request() const {
    return {.path = {"policies", name, "version", version}};
}

Result<NoAnswer> DeletePolicyVersion::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DeletePolicy::request() const {
    return {.path = {"policies", name}};
}

Result<NoAnswer> DeletePolicy::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest AttachPolicy::request() const {
    return {.path = {"target-policies", policy}, .body = body({{"target", target}})};
}

Result<NoAnswer> AttachPolicy::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DetachPolicy::request() const {
    return {.path = {"target-policies", policy}, .body = body({{"target", target}})};
}

Result<NoAnswer> DetachPolicy::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest ListAttachedPolicies::request() const {
    return {.path = {"attached-policies", target}, .query = marker_page(marker)};
}

Result<Page<NamedArn>> ListAttachedPolicies::parse(const Json& answer) {
    Page<NamedArn> page{{}, text_or_empty(answer, "nextMarker")};
    for (const auto& each : list(answer, "policies")) {
        page.items.push_back({text_or_empty(each, "policyName"), text_or_empty(each, "policyArn")});
    }
    return page;
}

ApiRequest ListTargetsForPolicy::request() const {
    return {.path = {"policy-targets", policy}, .query = marker_page(marker)};
}

Result<Page<std::string>> ListTargetsForPolicy::parse(const Json& answer) {
    return Page<std::string>{texts(answer, "targets"), text_or_empty(answer, "nextMarker")};
}

ApiRequest TestAuthorization::request() const {
    nlohmann::json json{{"principal", principal}, {"authInfos", nlohmann::json::array()}};
    for (const auto& question : questions) {
        json["authInfos"].push_back(
            {{"actionType", name_of(actions, question.action)}, {"resources", question.resources}});
    }
    if (!policies_to_add.empty()) {
        json["policyNamesToAdd"] = policies_to_add;
    }
    if (!policies_to_skip.empty()) {
        json["policyNamesToSkip"] = policies_to_skip;
    }
    ApiRequest request{.path = {"test-authorization"}, .body = body(json)};
    if (!client_id.empty()) {
        request.query.emplace_back("clientId", client_id);
    }
    return request;
}

Result<std::vector<AuthAnswer>> TestAuthorization::parse(const Json& answer) {
    std::vector<AuthAnswer> answers;
    for (const auto& each : list(answer, "authResults")) {
        TRY(const Json* question, member(each, "authInfo"));
        answers.push_back(
            {.action = value_of(actions, text_or_empty(*question, "actionType"), AuthAction::connect),
             .resources = texts(*question, "resources"),
             .decision = value_of(decisions, text_or_empty(each, "authDecision"), AuthDecision::implicit_deny),
             .missing_context = texts(each, "missingContextValues")});
    }
    return answers;
}

ApiRequest GetEffectivePolicies::request() const {
    ApiRequest request{.path = {"effective-policies"}, .body = body({{"principal", principal}})};
    if (!thing.empty()) {
        request.query.emplace_back("thingName", thing);
    }
    return request;
}

Result<std::vector<EffectivePolicy>> GetEffectivePolicies::parse(const Json& answer) {
    std::vector<EffectivePolicy> policies;
    for (const auto& each : list(answer, "effectivePolicies")) {
        policies.push_back({text_or_empty(each, "policyName"), text_or_empty(each, "policyArn"),
                            text_or_empty(each, "policyDocument")});
    }
    return policies;
}

}  // namespace trustx::aws
