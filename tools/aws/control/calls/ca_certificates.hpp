// SPDX-License-Identifier: Apache-2.0
// Calls on certificates of CAs (aws-iot.md sections 6.2, 7.3 and 7.4).
#pragma once

#include "aws/control/calls/certificates.hpp"

#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

// GetRegistrationCode gives 64 hexadecimal digits: the CN of a verification certificate.
struct GetRegistrationCode {
    using Answer = std::string;
    static constexpr ApiInfo info{"GetRegistrationCode", Method::get};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// RegistrationConfig is what JITP does with a certificate that connects for the first time: by the name of a template
// of type JITP, or by a body and a role.
struct RegistrationConfig {
    std::string template_name{};
    std::string template_body{};
    std::string role_arn{};
};

// RegisterCaCertificate wants a verification certificate in the mode DEFAULT, and none in SNI_ONLY.
struct RegisterCaCertificate {
    using Answer = RegisteredCertificate;
    static constexpr ApiInfo info{"RegisterCACertificate", Method::post};

    std::string ca_certificate_pem;
    std::string verification_certificate_pem{};
    CertificateMode mode = CertificateMode::default_mode;
    bool active = false;
    bool auto_registration = false;
    std::optional<RegistrationConfig> registration{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct UpdateCaCertificate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"UpdateCACertificate", Method::put};

    std::string id;
    std::optional<bool> active{};
    std::optional<bool> auto_registration{};
    std::optional<RegistrationConfig> registration{};
    bool remove_registration = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CaCertificateDescription {
    std::string arn;
    std::string id;
    bool active = false;
    bool auto_registration = false;
    CertificateMode mode = CertificateMode::default_mode;
    std::string pem{};
    std::string owner{};
    std::optional<RegistrationConfig> registration{};
};

struct DescribeCaCertificate {
    using Answer = CaCertificateDescription;
    static constexpr ApiInfo info{"DescribeCACertificate", Method::get};

    std::string id;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// DeleteCaCertificate wants it INACTIVE.
struct DeleteCaCertificate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteCACertificate", Method::delete_};

    std::string id;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ListCaCertificates {
    using Answer = Page<ListedCertificate>;
    static constexpr ApiInfo info{"ListCACertificates", Method::get};

    std::string marker{};
    int page_size = 250;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ListCertificatesByCa {
    using Answer = Page<ListedCertificate>;
    static constexpr ApiInfo info{"ListCertificatesByCA", Method::get};

    std::string ca_id;
    std::string marker{};
    int page_size = 250;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
