// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/certificates.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

std::string status_text(CertificateStatus status) {
    return std::string{status_name(status)};
}

}  // namespace

ApiRequest CreateCertificateFromCsr::request() const {
    return {.path = {"certificates"},
            .query = {{"setAsActive", text_of(active)}},
            .body = body({{"certificateSigningRequest", csr_pem}})};
}

Result<IssuedCertificate> CreateCertificateFromCsr::parse(const Json& answer) {
    return issued_certificate(answer);
}

ApiRequest CreateKeysAndCertificate::request() const {
    return {.path = {"keys-and-certificate"}, .query = {{"setAsActive", text_of(active)}}};
}

Result<CertificateWithKey> CreateKeysAndCertificate::parse(const Json& answer) {
    TRY(auto certificate, issued_certificate(answer));
    return certificate_with_key(answer, std::move(certificate));
}

ApiRequest RegisterCertificate::request() const {
    nlohmann::json json{{"certificatePem", certificate_pem}, {"status", status_text(status)}};
    set(json, "caCertificatePem", ca_certificate_pem);
    return {.path = {"certificate", "register"}, .body = body(json)};
}

Result<RegisteredCertificate> RegisterCertificate::parse(const Json& answer) {
    return registered_certificate(answer);
}

ApiRequest RegisterCertificateWithoutCa::request() const {
    return {.path = {"certificate", "register-no-ca"},
            .body = body({{"certificatePem", certificate_pem}, {"status", status_text(status)}})};
}

Result<RegisteredCertificate> RegisterCertificateWithoutCa::parse(const Json& answer) {
    return registered_certificate(answer);
}

ApiRequest DescribeCertificate::request() const {
    return {.path = {"certificates", id}};
}

Result<CertificateDescription> DescribeCertificate::parse(const Json& answer) {
    TRY(const Json* found, member(answer, "certificateDescription"));
    TRY(auto arn, text_of(*found, "certificateArn"));
    TRY(auto id, text_of(*found, "certificateId"));
    const auto validity = found->find("validity");
    const Json& dates = validity == found->end() ? *found : *validity;
    return CertificateDescription{.arn = std::move(arn),
                                  .id = std::move(id),
                                  .status = status_in(*found),
                                  .mode = mode_in(*found),
                                  .ca_certificate_id = text_or_empty(*found, "caCertificateId"),
                                  .pem = text_or_empty(*found, "certificatePem"),
                                  .owner = text_or_empty(*found, "ownedBy"),
                                  .created = time_of(*found, "creationDate"),
                                  .not_before = time_of(dates, "notBefore"),
                                  .not_after = time_of(dates, "notAfter")};
}

ApiRequest UpdateCertificate::request() const {
    return {.path = {"certificates", id}, .query = {{"newStatus", status_text(status)}}};
}

Result<NoAnswer> UpdateCertificate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DeleteCertificate::request() const {
    return {.path = {"certificates", id}, .query = {{"forceDelete", text_of(force)}}};
}

Result<NoAnswer> DeleteCertificate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest ListCertificates::request() const {
    ApiRequest request{.path = {"certificates"}, .query = marker_page(marker, page_size)};
    request.query.emplace_back("isAscendingOrder", "false");
    return request;
}

Result<Page<ListedCertificate>> ListCertificates::parse(const Json& answer) {
    return listed_certificates(answer);
}

ApiRequest TransferCertificate::request() const {
    auto json = nlohmann::json::object();
    set(json, "transferMessage", message);
    return {.path = {"transfer-certificate", id}, .query = {{"targetAwsAccount", target_account}}, .body = body(json)};
}

Result<NoAnswer> TransferCertificate::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest AcceptCertificateTransfer::request() const {
    return {.path = {"accept-certificate-transfer", id}, .query = {{"setAsActive", text_of(active)}}};
}

Result<NoAnswer> AcceptCertificateTransfer::parse(const Json& answer) {
    return no_answer(answer);
}

}  // namespace trustx::aws
