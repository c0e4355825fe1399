// SPDX-License-Identifier: Apache-2.0
// Calls on certificates of devices (aws-iot.md section 6.2).
#pragma once

#include "aws/control/api_call.hpp"
#include "aws/control/calls/certificate_values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

// CreateCertificateFromCsr makes another certificate for the same request each time, hence Repeats::no.
struct CreateCertificateFromCsr {
    using Answer = IssuedCertificate;
    static constexpr ApiInfo info{"CreateCertificateFromCsr", Method::post, Service::iot, Repeats::no};

    std::string csr_pem;  // at most 4096 characters
    bool active = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CreateKeysAndCertificate {
    using Answer = CertificateWithKey;
    static constexpr ApiInfo info{"CreateKeysAndCertificate", Method::post, Service::iot, Repeats::no};

    bool active = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// RegisterCertificate is for a certificate of a registered CA. ApiErrc::resource_already_exists when it is registered.
struct RegisterCertificate {
    using Answer = RegisteredCertificate;
    static constexpr ApiInfo info{"RegisterCertificate", Method::post};

    std::string certificate_pem;
    std::string ca_certificate_pem{};  // empty: AWS looks for it by the issuer's name
    CertificateStatus status = CertificateStatus::inactive;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct RegisterCertificateWithoutCa {
    using Answer = RegisteredCertificate;
    static constexpr ApiInfo info{"RegisterCertificateWithoutCA", Method::post};

    std::string certificate_pem;
    CertificateStatus status = CertificateStatus::inactive;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CertificateDescription {
    std::string arn;
    std::string id;
    CertificateStatus status = CertificateStatus::unknown;
    CertificateMode mode = CertificateMode::default_mode;
    std::string ca_certificate_id{};
    std::string pem{};
    std::string owner{};  // account
    std::optional<WallTime> created{};
    std::optional<WallTime> not_before{};
    std::optional<WallTime> not_after{};
};

struct DescribeCertificate {
    using Answer = CertificateDescription;
    static constexpr ApiInfo info{"DescribeCertificate", Method::get};

    std::string id;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct UpdateCertificate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"UpdateCertificate", Method::put};

    std::string id;
    CertificateStatus status;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// DeleteCertificate wants it INACTIVE and detached: otherwise ApiErrc::certificate_state or ApiErrc::delete_conflict.
struct DeleteCertificate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteCertificate", Method::delete_};

    std::string id;
    bool force = false;  // also with policies and things attached

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// ListCertificates gives the newest first.
struct ListCertificates {
    using Answer = Page<ListedCertificate>;
    static constexpr ApiInfo info{"ListCertificates", Method::get};

    std::string marker{};  // Page::next
    int page_size = 250;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct TransferCertificate {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"TransferCertificate", Method::patch};

    std::string id;
    std::string target_account;
    std::string message{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct AcceptCertificateTransfer {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"AcceptCertificateTransfer", Method::patch};

    std::string id;
    bool active = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
