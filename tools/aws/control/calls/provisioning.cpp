// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/provisioning.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

constexpr const char* jitp_name = "JITP";

nlohmann::json hook(const std::string& arn) {
    return {{"payloadVersion", "2020-04-01"}, {"targetArn", arn}};
}

}  // namespace

ApiRequest RegisterThing::request() const {
    nlohmann::json json{{"templateBody", template_body}};
    if (!parameters.empty()) {
        json["parameters"] = parameters;
    }
    return {.path = {"things"}, .body = body(json)};
}

Result<RegisteredThing> RegisterThing::parse(const Json& answer) {
    TRY(const Json* arns, member(answer, "resourceArns"));
    RegisteredThing thing{text_or_empty(answer, "certificatePem"), {}};
    for (const auto& [name, arn] : arns->items()) {
        thing.resource_arns.emplace(std::string_view{name}, text_or_empty(*arns, name.c_str()));
    }
    return thing;
}

ApiRequest CreateProvisioningTemplate::request() const {
    nlohmann::json json{{"templateName", name},
                        {"templateBody", this->body},
                        {"provisioningRoleArn", role_arn},
                        {"type", type == TemplateType::jitp ? jitp_name : "FLEET_PROVISIONING"},
                        {"enabled", enabled}};
    set(json, "description", description);
    if (!hook_arn.empty()) {
        json["preProvisioningHook"] = hook(hook_arn);
    }
    return {.path = {"provisioning-templates"}, .body = wire::body(json)};
}

Result<NamedArn> CreateProvisioningTemplate::parse(const Json& answer) {
    TRY(auto name, text_of(answer, "templateName"));
    TRY(auto arn, text_of(answer, "templateArn"));
    return NamedArn{std::move(name), std::move(arn)};
}

ApiRequest DescribeProvisioningTemplate::request() const {
    return {.path = {"provisioning-templates", name}};
}

Result<TemplateDescription> DescribeProvisioningTemplate::parse(const Json& answer) {
    TRY(auto name, text_of(answer, "templateName"));
    TRY(auto arn, text_of(answer, "templateArn"));
    TRY(auto body, text_of(answer, "templateBody"));
    const auto found = answer.find("preProvisioningHook");
    return TemplateDescription{
        .name = std::move(name),
        .arn = std::move(arn),
        .body = std::move(body),
        .role_arn = text_or_empty(answer, "provisioningRoleArn"),
        .type = text_or_empty(answer, "type") == jitp_name ? TemplateType::jitp : TemplateType::fleet_provisioning,
        .enabled = is_true(answer, "enabled"),
        .default_version = static_cast<int>(number_or_zero(answer, "defaultVersionId")),
        .hook_arn = found == answer.end() ? std::string{} : text_or_empty(*found, "targetArn")};
}

ApiRequest UpdateProvisioningTemplate::request() const {
    auto json = nlohmann::json::object();
    if (enabled) {
        json["enabled"] = *enabled;
    }
    if (default_version) {
        json["defaultVersionId"] = *default_version;
    }
    set(json, "provisioningRoleArn", role_arn);
    if (!hook_arn.empty()) {
        json["preProvisioningHook"] = hook(hook_arn);
    }
    if (remove_hook) {
        json["removePreProvisioningHook"] = true;
    }
    return {.path = {"provisioning-templates", name}, .body = body(json)};
}

Result<NoAnswer> UpdateProvisioningTemplate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DeleteProvisioningTemplate::request() const {
    return {.path = {"provisioning-templates", name}};
}

Result<NoAnswer> DeleteProvisioningTemplate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest CreateProvisioningTemplateVersion::request() const {
    return {.path = {"provisioning-templates", name, "versions"},
            .query = {{"setAsDefault", text_of(make_default)}},
            .body = wire::body({{"templateBody", this->body}})};
}

Result<TemplateVersion> CreateProvisioningTemplateVersion::parse(const Json& answer) {
    return TemplateVersion{static_cast<int>(number_or_zero(answer, "versionId")), is_true(answer, "isDefaultVersion")};
}

ApiRequest ListProvisioningTemplateVersions::request() const {
    return {.path = {"provisioning-templates", name, "versions"}, .query = token_page(next)};
}

Result<Page<TemplateVersion>> ListProvisioningTemplateVersions::parse(const Json& answer) {
    Page<TemplateVersion> page{{}, text_or_empty(answer, "nextToken")};
    for (const auto& each : list(answer, "versions")) {
        page.items.push_back({static_cast<int>(number_or_zero(each, "versionId")), is_true(each, "isDefaultVersion")});
    }
    return page;
}

ApiRequest DeleteProvisioningTemplateVersion::request() const {
    return {.path = {"provisioning-templates", name, "versions", std::to_string(version)}};
}

Result<NoAnswer> DeleteProvisioningTemplateVersion::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest CreateProvisioningClaim::request() const {
    return {.path = {"provisioning-templates", template_name, "provisioning-claim"}};
}

// The claim has no ARN in its answer.
Result<CertificateWithKey> CreateProvisioningClaim::parse(const Json& answer) {
    TRY(auto id, text_of(answer, "certificateId"));
    TRY(auto pem, text_of(answer, "certificatePem"));
    return certificate_with_key(answer, IssuedCertificate{{}, std::move(id), std::move(pem)});
}

}  // namespace trustx::aws
