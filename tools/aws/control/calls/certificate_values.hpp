// SPDX-License-Identifier: Apache-2.0
// Certificates as calls name and describe them.
#pragma once

#include "aws/control/api_call.hpp"
#include "aws/signing/credentials.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::aws {

enum class CertificateStatus : std::uint8_t {
    active,
    inactive,
    revoked,
    pending_transfer,
    pending_activation,
    register_inactive,
    unknown,  // a name that is not known here
};
std::string_view status_name(CertificateStatus status) noexcept;

enum class CertificateMode : std::uint8_t { default_mode, sni_only };

struct RegisteredCertificate {
    std::string arn;
    std::string id;  // 64 hexadecimal digits: SHA-256 of the DER
};

struct IssuedCertificate {
    std::string arn;
    std::string id;
    std::string pem;
};

// CertificateWithKey is a certificate whose key AWS made: only good for a claim.
struct CertificateWithKey {
    IssuedCertificate certificate;
    SecretText private_key_pem;
    std::optional<WallTime> expiration{};  // of a claim
};

struct ListedCertificate {
    std::string arn;
    std::string id;
    CertificateStatus status = CertificateStatus::unknown;
    std::optional<WallTime> created{};
};

}  // namespace trustx::aws

namespace trustx::aws::wire {

// What several calls answer alike.
Result<RegisteredCertificate> registered_certificate(const Json& answer);
Page<ListedCertificate> listed_certificates(const Json& answer);
CertificateMode mode_in(const Json& object);
Result<CertificateWithKey> certificate_with_key(const Json& answer, IssuedCertificate certificate);
Result<IssuedCertificate> issued_certificate(const Json& answer);
CertificateStatus status_in(const Json& object);

}  // namespace trustx::aws::wire
