// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/certificate_values.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

#include <utility>

namespace trustx::aws {
namespace {

constexpr wire::Names<CertificateStatus, 6> statuses{{{CertificateStatus::active, "ACTIVE"},
                                                      {CertificateStatus::inactive, "INACTIVE"},
                                                      {CertificateStatus::revoked, "REVOKED"},
                                                      {CertificateStatus::pending_transfer, "PENDING_TRANSFER"},
                                                      {CertificateStatus::pending_activation, "PENDING_ACTIVATION"},
                                                      {CertificateStatus::register_inactive, "REGISTER_INACTIVE"}}};

}  // namespace

std::string_view status_name(CertificateStatus status) noexcept {
    return wire::name_of(statuses, status);
}

}  // namespace trustx::aws

namespace trustx::aws::wire {

CertificateStatus status_in(const Json& object) {
    return value_of(statuses, text_or_empty(object, "status"), CertificateStatus::unknown);
}

Result<IssuedCertificate> issued_certificate(const Json& answer) {
    TRY(auto arn, text_of(answer, "certificateArn"));
    TRY(auto id, text_of(answer, "certificateId"));
    TRY(auto pem, text_of(answer, "certificatePem"));
    return IssuedCertificate{std::move(arn), std::move(id), std::move(pem)};
}

Result<RegisteredCertificate> registered_certificate(const Json& answer) {
    TRY(auto arn, text_of(answer, "certificateArn"));
    TRY(auto id, text_of(answer, "certificateId"));
    return RegisteredCertificate{std::move(arn), std::move(id)};
}

Page<ListedCertificate> listed_certificates(const Json& answer) {
    Page<ListedCertificate> page{{}, text_or_empty(answer, "nextMarker")};
    for (const auto& each : list(answer, "certificates")) {
        page.items.push_back({.arn = text_or_empty(each, "certificateArn"),
                              .id = text_or_empty(each, "certificateId"),
                              .status = status_in(each),
                              .created = time_of(each, "creationDate")});
    }
    return page;
}

CertificateMode mode_in(const Json& object) {
    return text_or_empty(object, "certificateMode") == "SNI_ONLY" ? CertificateMode::sni_only
                                                                  : CertificateMode::default_mode;
}

Result<CertificateWithKey> certificate_with_key(const Json& answer, IssuedCertificate certificate) {
    TRY(const Json* pair, member(answer, "keyPair"));
    const auto key = pair->find("PrivateKey");
    if (key == pair->end() || !key->is_string()) {
        return fail(ApiErrc::answer_malformed, "it has no private key");
    }
    return CertificateWithKey{std::move(certificate), SecretText{std::string_view{key->get_ref<const WipedString&>()}},
                              time_of(answer, "expiration")};
}

}  // namespace trustx::aws::wire
