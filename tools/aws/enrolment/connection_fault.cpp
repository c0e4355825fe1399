// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/connection_fault.hpp"

#include "aws/enrolment/error.hpp"
#include "common/files/input_error.hpp"
#include "connection/tls_error.hpp"
#include "pki/error.hpp"

#include <openssl/ssl.h>

namespace trustx::aws {
namespace {

// answer_to says whether a failure may pass: what is up to the network, the clock, or to a cloud in which a change
// takes minutes to be in force (aws-iot.md section 14, item 2).
Acceptance::Answer answer_to(mqtt::Cause cause) {
    switch (cause) {
        case mqtt::Cause::name:
        case mqtt::Cause::tcp:
        case mqtt::Cause::tls:
        case mqtt::Cause::alert:
        case mqtt::Cause::broker_not_yet_valid:
        case mqtt::Cause::unavailable:
        case mqtt::Cause::not_authorised:
        case mqtt::Cause::closed:
            return Acceptance::Answer::later;
        default:
            return Acceptance::Answer::never;
    }
}

// fault_in: RFC 8446 section 6.2; what is not listed is about the certificate, which the broker has judged then.
std::optional<std::error_code> fault_in(const std::vector<int>& alerts) {
    switch (alerts.empty() ? 0 : alerts.front()) {
        case SSL_AD_DECRYPT_ERROR:
            return InputErrc::key_mismatch;
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_HANDSHAKE_FAILURE:
        case SSL_AD_UNRECOGNIZED_NAME:
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            return EnrolmentErrc::no_network;
        default:
            return std::nullopt;
    }
}

// fault_of: nobody issues certificates for the future, so one that is not valid yet shows a clock that is behind.
std::optional<std::error_code> fault_of(mqtt::Cause cause, const std::vector<int>& alerts) {
    switch (cause) {
        case mqtt::Cause::name:
        case mqtt::Cause::tcp:
        case mqtt::Cause::tls:
            return EnrolmentErrc::no_network;
        case mqtt::Cause::alert:
            return fault_in(alerts);
        case mqtt::Cause::broker_not_yet_valid:
            return pki::PkiErrc::clock_wrong;
        case mqtt::Cause::broker_expired:
        case mqtt::Cause::broker_name:
        case mqtt::Cause::broker_untrusted:
            return EnrolmentErrc::broker_untrusted;
        case mqtt::Cause::chip:
            return InputErrc::chip_failed;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::vector<int> alerts_of(const mqtt::ConnectFailed& failure) {
    auto alerts = failure.alerts;
    for (const auto& error : failure.tls_errors) {
        if (const auto alert = mqtt::alert_of(error)) {
            alerts.push_back(*alert);
        }
    }
    return alerts;
}

Acceptance acceptance_after(const mqtt::Error& error, const std::vector<int>& alerts) {
    return {.answer = answer_to(error.cause), .why = to_string(error), .fault = fault_of(error.cause, alerts)};
}

}  // namespace trustx::aws
