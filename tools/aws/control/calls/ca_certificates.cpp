// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/ca_certificates.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

nlohmann::json json_of(const RegistrationConfig& registration) {
    auto json = nlohmann::json::object();
    set(json, "templateName", registration.template_name);
    set(json, "templateBody", registration.template_body);
    set(json, "roleArn", registration.role_arn);
    return json;
}

std::optional<RegistrationConfig> registration_in(const Json& answer) {
    const auto found = answer.find("registrationConfig");
    if (found == answer.end() || !found->is_object() || found->empty()) {
        return std::nullopt;
    }
    return RegistrationConfig{.template_name = text_or_empty(*found, "templateName"),
                              .template_body = text_or_empty(*found, "templateBody"),
                              .role_arn = text_or_empty(*found, "roleArn")};
}

}  // namespace

ApiRequest GetRegistrationCode::request() const {
    return {.path = {"registrationcode"}};
}

Result<std::string> GetRegistrationCode::parse(const Json& answer) {
    return text_of(answer, "registrationCode");
}

ApiRequest RegisterCaCertificate::request() const {
    nlohmann::json json{{"caCertificate", ca_certificate_pem},
                        {"certificateMode", mode == CertificateMode::sni_only ? "SNI_ONLY" : "DEFAULT"}};
    set(json, "verificationCertificate", verification_certificate_pem);
    if (registration) {
        json["registrationConfig"] = json_of(*registration);
    }
    return {.path = {"cacertificate"},
            .query = {{"setAsActive", text_of(active)}, {"allowAutoRegistration", text_of(auto_registration)}},
            .body = body(json)};
}

Result<RegisteredCertificate> RegisterCaCertificate::parse(const Json& answer) {
    return registered_certificate(answer);
}

ApiRequest UpdateCaCertificate::request() const {
    ApiRequest request{.path = {"cacertificate", id}};
    if (active) {
        request.query.emplace_back("newStatus", *active ? "ACTIVE" : "INACTIVE");
    }
    if (auto_registration) {
        request.query.emplace_back("newAutoRegistrationStatus", *auto_registration ? "ENABLE" : "DISABLE");
    }
    auto json = nlohmann::json::object();
    if (registration) {
        json["registrationConfig"] = json_of(*registration);
    }
    if (remove_registration) {
        json["removeAutoRegistration"] = true;
    }
    request.body = body(json);
    return request;
}

Result<NoAnswer> UpdateCaCertificate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DescribeCaCertificate::request() const {
    return {.path = {"cacertificate", id}};
}

Result<CaCertificateDescription> DescribeCaCertificate::parse(const Json& answer) {
    TRY(const Json* found, member(answer, "certificateDescription"));
    TRY(auto arn, text_of(*found, "certificateArn"));
    TRY(auto id, text_of(*found, "certificateId"));
    return CaCertificateDescription{.arn = std::move(arn),
                                    .id = std::move(id),
                                    .active = text_or_empty(*found, "status") == "ACTIVE",
                                    .auto_registration = text_or_empty(*found, "autoRegistrationStatus") == "ENABLE",
                                    .mode = mode_in(*found),
                                    .pem = text_or_empty(*found, "certificatePem"),
                                    .owner = text_or_empty(*found, "ownedBy"),
                                    .registration = registration_in(answer)};
}

ApiRequest DeleteCaCertificate::request() const {
    return {.path = {"cacertificate", id}};
}

Result<NoAnswer> DeleteCaCertificate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest ListCaCertificates::request() const {
    ApiRequest request{.path = {"cacertificates"}, .query = marker_page(marker, page_size)};
    request.query.emplace_back("isAscendingOrder", "true");
    return request;
}

Result<Page<ListedCertificate>> ListCaCertificates::parse(const Json& answer) {
    return listed_certificates(answer);
}

ApiRequest ListCertificatesByCa::request() const {
    ApiRequest request{.path = {"certificates-by-ca", ca_id}, .query = marker_page(marker, page_size)};
    request.query.emplace_back("isAscendingOrder", "false");
    return request;
}

Result<Page<ListedCertificate>> ListCertificatesByCa::parse(const Json& answer) {
    return listed_certificates(answer);
}

}  // namespace trustx::aws
