// SPDX-License-Identifier: Apache-2.0
// RegisterThing, provisioning templates and claims (aws-iot.md sections 7.2 and 7.6).
#pragma once

#include "aws/control/calls/things.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

struct RegisteredThing {
    std::string certificate_pem;
    std::map<std::string, std::string> resource_arns;  // by the names that the template gives its resources
};

// RegisterThing runs a template. With a CSR in it each execution makes another certificate, and it can be throttled
// half way: look for a certificate that is left over.
struct RegisterThing {
    using Answer = RegisteredThing;
    static constexpr ApiInfo info{"RegisterThing", Method::post, Service::iot, Repeats::no};

    std::string template_body;  // JSON
    std::map<std::string, std::string> parameters{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

enum class TemplateType : std::uint8_t { fleet_provisioning, jitp };

struct CreateProvisioningTemplate {
    using Answer = NamedArn;
    static constexpr ApiInfo info{"CreateProvisioningTemplate", Method::post};

    std::string name;
    std::string body;
    std::string role_arn;
    TemplateType type = TemplateType::fleet_provisioning;
    bool enabled = true;
    std::string description{};
    std::string hook_arn{};  // Lambda function; not for JITP

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct TemplateDescription {
    std::string name;
    std::string arn;
    std::string body;
    std::string role_arn{};
    TemplateType type = TemplateType::fleet_provisioning;
    bool enabled = false;
    int default_version = 0;
    std::string hook_arn{};
};

struct DescribeProvisioningTemplate {
    using Answer = TemplateDescription;
    static constexpr ApiInfo info{"DescribeProvisioningTemplate", Method::get};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct UpdateProvisioningTemplate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"UpdateProvisioningTemplate", Method::patch};

    std::string name;
    std::optional<bool> enabled{};
    std::optional<int> default_version{};
    std::string role_arn{};
    std::string hook_arn{};
    bool remove_hook = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeleteProvisioningTemplate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteProvisioningTemplate", Method::delete_};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct TemplateVersion {
    int id = 0;
    bool is_default = false;
};

struct CreateProvisioningTemplateVersion {
    using Answer = TemplateVersion;
    static constexpr ApiInfo info{"CreateProvisioningTemplateVersion", Method::post, Service::iot, Repeats::no};

    std::string name;
    std::string body;
    bool make_default = true;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ListProvisioningTemplateVersions {
    using Answer = Page<TemplateVersion>;
    static constexpr ApiInfo info{"ListProvisioningTemplateVersions", Method::get};

    std::string name;
    std::string next{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeleteProvisioningTemplateVersion {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteProvisioningTemplateVersion", Method::delete_};

    std::string name;
    int version;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// CreateProvisioningClaim gives a claim that lives for five minutes. A lost one needs no clean-up, so it is repeated.
struct CreateProvisioningClaim {
    using Answer = CertificateWithKey;
    static constexpr ApiInfo info{"CreateProvisioningClaim", Method::post};

    std::string template_name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
