// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

#include "attest/error.hpp"
#include "aws/account/account_error.hpp"
#include "aws/control/api_error.hpp"
#include "aws/doctor/cause.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/http/http_error.hpp"
#include "cli/context.hpp"
#include "common/files/input_error.hpp"
#include "dtls/peer_error.hpp"
#include "firmware/error.hpp"
#include "pki/error.hpp"
#include "provisioning/error.hpp"

#include <optional>

namespace trustx::cli {
namespace {

ExitCode of_input(InputErrc code) {
    switch (code) {
        case InputErrc::usage:
            return ExitCode::usage;
        case InputErrc::refused:
            return ExitCode::refused;
        case InputErrc::unreadable:
        case InputErrc::unwritable:
        case InputErrc::malformed:
            return ExitCode::file;
        case InputErrc::key_mismatch:
        case InputErrc::check_failed:
            return ExitCode::mismatch;
        case InputErrc::nothing_there:
            return ExitCode::nothing_there;
        case InputErrc::chip_failed:
            return ExitCode::unreachable;
        case InputErrc::revoked:
            return ExitCode::revoked;
        case InputErrc::not_listed:
            return ExitCode::not_listed;
    }
    return ExitCode::internal;
}

ExitCode of_library(Errc code) {
    switch (code) {
        case Errc::argument_invalid:
        case Errc::address_invalid:
        case Errc::setting_invalid:
            return ExitCode::usage;
        case Errc::key_file_malformed:
            return ExitCode::file;
        case Errc::certificate_malformed:
        case Errc::metadata_malformed:
        case Errc::verify_mismatch:
        case Errc::wrong_chip:
            return ExitCode::mismatch;
        case Errc::chip_refused:
        case Errc::session_lost:
        case Errc::not_supported:
            return ExitCode::refused;
        default:
            return ExitCode::internal;
    }
}

ExitCode of_enrolment(aws::EnrolmentErrc code) {
    switch (code) {
        case aws::EnrolmentErrc::nothing_begun:
            return ExitCode::nothing_there;
        case aws::EnrolmentErrc::other_chip:
        case aws::EnrolmentErrc::other_account:
            return ExitCode::mismatch;
        case aws::EnrolmentErrc::policy_denies:
        case aws::EnrolmentErrc::certificate_revoked:
        case aws::EnrolmentErrc::claim_not_accepted:
        case aws::EnrolmentErrc::provisioning_refused:
            return ExitCode::cloud;
        case aws::EnrolmentErrc::not_activated:
            return ExitCode::not_activated;
        case aws::EnrolmentErrc::some_failed:
            return ExitCode::some_failed;
        case aws::EnrolmentErrc::broker_untrusted:
            return ExitCode::untrusted;
        case aws::EnrolmentErrc::no_network:
            return ExitCode::network;
        case aws::EnrolmentErrc::not_connected:
            return ExitCode::not_accepted;
        default:
            return ExitCode::refused;
    }
}

ExitCode of_http(aws::HttpErrc code) {
    switch (code) {
        case aws::HttpErrc::request_invalid:
            return ExitCode::usage;
        case aws::HttpErrc::ca_bundle_unusable:
        case aws::HttpErrc::identity_unusable:
            return ExitCode::file;
        case aws::HttpErrc::server_not_yet_valid:
            return ExitCode::clock;
        default:
            return ExitCode::network;
    }
}

ExitCode of_account(aws::AccountErrc code) {
    switch (code) {
        case aws::AccountErrc::configuration_malformed:
            return ExitCode::file;
        case aws::AccountErrc::profile_unknown:
        case aws::AccountErrc::no_region:
        case aws::AccountErrc::region_invalid:
        case aws::AccountErrc::endpoint_invalid:
            return ExitCode::usage;
        default:
            return ExitCode::cloud;
    }
}

ExitCode of_api(aws::ApiErrc code) {
    switch (code) {
        case aws::ApiErrc::throttling:
        case aws::ApiErrc::internal_failure:
        case aws::ApiErrc::service_unavailable:
        case aws::ApiErrc::answer_malformed:
            return ExitCode::network;
        default:
            return ExitCode::cloud;
    }
}

ExitCode of_diagnosis(aws::doctor::Cause cause) {
    using aws::doctor::Class;
    switch (aws::doctor::info_of(cause).kind) {
        case Class::not_enrolled:
        case Class::key_missing:
            return ExitCode::nothing_there;
        case Class::unfinished:
        case Class::chip_refuses:
            return ExitCode::refused;
        case Class::file:
            return ExitCode::file;
        case Class::disagreement:
            return ExitCode::mismatch;
        case Class::chip:
            return ExitCode::unreachable;
        case Class::chip_setting:
            return ExitCode::usage;
        case Class::clock:
            return ExitCode::clock;
        case Class::network:
            return ExitCode::network;
        case Class::untrusted:
            return ExitCode::untrusted;
        case Class::not_accepted:
            return ExitCode::not_accepted;
        case Class::not_activated:
            return ExitCode::not_activated;
        case Class::cloud:
            return ExitCode::cloud;
        case Class::warning:
            break;
    }
    return ExitCode::success;
}

ExitCode of_peer(PeerErrc code) {
    switch (code) {
        case PeerErrc::untrusted:
            return ExitCode::untrusted;
        case PeerErrc::unsuitable:
            return ExitCode::cloud;
        default:
            return ExitCode::network;
    }
}

ExitCode of_dtls(DtlsError code) {
    switch (code) {
        case DtlsError::message_too_long:
            return ExitCode::cloud;
        case DtlsError::not_connected:
        case DtlsError::other_process:
            return ExitCode::internal;
        default:
            return ExitCode::network;
    }
}

// of_dtls is for the codes of a DTLS connection; nothing: the code is none of those.
std::optional<ExitCode> of_dtls(const std::error_code& code) {
    const auto& category = code.category();
    if (category == peer_category()) {
        return of_peer(static_cast<PeerErrc>(code.value()));
    }
    if (category == dtls_category()) {
        return of_dtls(static_cast<DtlsError>(code.value()));
    }
    return category == dtls_alert_category() ? std::optional{ExitCode::cloud} : std::nullopt;
}

ExitCode of_attestation(attest::AttestErrc code) {
    switch (code) {
        case attest::AttestErrc::forged:
            return ExitCode::forged;
        case attest::AttestErrc::untrusted:
            return ExitCode::untrusted;
        case attest::AttestErrc::not_fresh:
            return ExitCode::not_fresh;
        case attest::AttestErrc::log_broken:
            return ExitCode::log_broken;
        case attest::AttestErrc::differs:
            return ExitCode::differs;
        case attest::AttestErrc::other_chip:
            return ExitCode::mismatch;
    }
    return ExitCode::internal;
}

ExitCode of_firmware(firmware::FirmwareErrc code) {
    switch (code) {
        case firmware::FirmwareErrc::untrusted:
            return ExitCode::unsigned_firmware;
        case firmware::FirmwareErrc::expired:
            return ExitCode::expired_signer;
        case firmware::FirmwareErrc::altered:
            return ExitCode::altered_firmware;
        case firmware::FirmwareErrc::too_old:
            return ExitCode::old_firmware;
    }
    return ExitCode::internal;
}

// of_aws is for the codes of enrolment and what it is built on; nothing: the code is none of those.
std::optional<ExitCode> of_aws(const std::error_code& code) {
    const auto& category = code.category();
    if (category == aws::enrolment_category()) {
        return of_enrolment(static_cast<aws::EnrolmentErrc>(code.value()));
    }
    if (category == aws::http_category()) {
        return of_http(static_cast<aws::HttpErrc>(code.value()));
    }
    if (category == aws::account_category()) {
        return of_account(static_cast<aws::AccountErrc>(code.value()));
    }
    if (category == aws::doctor::cause_category()) {
        return of_diagnosis(static_cast<aws::doctor::Cause>(code.value()));
    }
    return category == aws::api_category() ? std::optional{of_api(static_cast<aws::ApiErrc>(code.value()))}
                                           : std::nullopt;
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
    const auto& category = error.code().category();
    if (category == input_category()) {
        return of_input(static_cast<InputErrc>(error.code().value()));
    }
    if (category == chip_category()) {
        return ExitCode::refused;
    }
    if (category == attest::attest_category()) {
        return of_attestation(static_cast<attest::AttestErrc>(error.code().value()));
    }
    if (category == pki::pki_category()) {
        return ExitCode::clock;
    }
    if (category == provisioning::provisioning_category()) {
        return error == provisioning::ProvisioningErrc::scrap ? ExitCode::scrap : ExitCode::refused;
    }
    if (category == firmware::firmware_category()) {
        return of_firmware(static_cast<firmware::FirmwareErrc>(error.code().value()));
    }
    if (const auto code = of_aws(error.code())) {
        return *code;
    }
    if (const auto code = of_dtls(error.code())) {
        return *code;
    }
    return is_unreachable(error) ? ExitCode::unreachable : of_library(static_cast<Errc>(error.code().value()));
}

}  // namespace trustx::cli
