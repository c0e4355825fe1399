// SPDX-License-Identifier: Apache-2.0
#include "dtls/alert_for.hpp"

namespace trustx::dtls {
namespace {

DtlsAlert description_for(ChipError error) {
    switch (error) {
        case ChipError::invalid_handshake_message:
        case ChipError::version_mismatch:
        case ChipError::unsupported_parameters:
            return DtlsAlert::illegal_parameter;
        case ChipError::unsupported_cipher_suite:
            return DtlsAlert::insufficient_security;
        case ChipError::unsupported_extension_or_identifier:
            return DtlsAlert::unsupported_extension;
        case ChipError::invalid_trust_anchor:
            return DtlsAlert::unknown_ca;
        case ChipError::trust_anchor_expired:
        case ChipError::certificate_expired:
            return DtlsAlert::certificate_expired;
        case ChipError::unsupported_trust_anchor:
        case ChipError::unsupported_certificate_or_algorithm:
            return DtlsAlert::unsupported_certificate;
        case ChipError::invalid_certificate_format:
            return DtlsAlert::bad_certificate;
        case ChipError::signature_verification_failure:
            return DtlsAlert::decrypt_error;
        default:
            return DtlsAlert::internal_error;
    }
}

std::optional<Alert> alert_for(DtlsError error) {
    switch (error) {
        case DtlsError::peer_silent:
        case DtlsError::peer_closed:
        case DtlsError::numbers_exhausted:
            return closing;
        case DtlsError::peer_violates:
            return Alert{.fatal = true, .description = DtlsAlert::unexpected_message};
        case DtlsError::message_too_long:
            return Alert{.fatal = true, .description = DtlsAlert::internal_error};
        case DtlsError::not_connected:
        case DtlsError::other_process:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Alert> alert_for(const Error& error) {
    const auto& code = error.code();
    if (code.category() == dtls_alert_category() || code.category() == std::system_category()) {
        return std::nullopt;
    }
    if (code.category() == dtls_category()) {
        return alert_for(static_cast<DtlsError>(code.value()));
    }
    if (code.category() == chip_category()) {
        return Alert{.fatal = true, .description = description_for(static_cast<ChipError>(code.value()))};
    }
    return Alert{.fatal = true, .description = DtlsAlert::internal_error};
}

}  // namespace trustx::dtls
