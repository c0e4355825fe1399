// SPDX-License-Identifier: Apache-2.0
// Everything that can keep a gateway from a CONNACK, as codes: each with its name for programs, the stage that finds
// it, and what to do about it. The table in cause.cpp is the list in trustx-aws(1); sources are the rows of aws-iot.md
// section 12.
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace trustx::aws::doctor {

// Stage is a part of the way from the chip to a CONNACK, in the order in which they are examined.
enum class Stage : std::uint8_t {
    identity,  // the files of the gateway, and its journal
    provider,
    chip,
    key,          // a signature by the chip with the key file
    clock,        // this computer's against the service's
    certificate,  // its dates, and those of roots and trust anchors
    name,         // DNS
    tcp,
    tls,
    mqtt,
    account,  // the operator's credentials
    cloud,    // what the service knows about the gateway
};
std::string_view name_of(Stage stage) noexcept;

// Class sorts causes by who has to act; a program ends with one exit code for each.
enum class Class : std::uint8_t {
    not_enrolled,
    unfinished,     // an enrolment has not ended
    file,           // a file cannot be read, or does not hold what it should
    disagreement,   // parts that do not belong together, or are out of date
    chip,           // the chip cannot be reached
    chip_setting,   // where it is said to be is no address
    chip_refuses,   // it answers, and does not sign
    key_missing,    // the slot is empty
    clock,          // this computer's
    network,        // the way to the broker, up to TLS
    untrusted,      // the broker's certificate
    not_accepted,   // the broker refuses; may pass, or only the operator can say why
    not_activated,  // registered, and nobody has made the certificate active
    cloud,          // credentials, registration and policies
    warning,        // nothing is wrong yet
};

enum class Cause : std::uint8_t {
    not_enrolled = 1,
    enrolment_unfinished,
    identity_unreadable,
    identity_malformed,
    endpoint_region,
    certificate_file,
    roots_file,
    key_file,
    files_disagree,
    key_certificate_mismatch,
    provider_not_loaded,
    chip_setting,
    chip_permission,
    chip_busy,
    chip_unreachable,
    chip_other,
    key_missing,
    key_other,
    key_refused,
    clock_wrong,
    clock_skewed,
    certificate_not_yet_valid,
    certificate_expired,
    certificate_expires,
    certificate_not_in_chip,
    root_expires,
    anchor_expires,
    name_not_found,
    tcp_refused,
    tcp_timeout,
    broker_not_yet_valid,
    broker_expired,
    broker_name,
    broker_untrusted,
    root_missing,
    endpoint_legacy,
    tls_version,
    tls_parameters,
    tls_name_refused,
    tls_alpn,
    tls_failed,
    certificate_refused,
    signature_refused,
    not_authorised,
    closed_without_reason,
    client_id_refused,
    client_id_taken,
    closed_after_connack,
    mqtt_version,
    password_wanted,
    throttled,
    broker_unavailable,
    broker_refuses,
    no_answer,
    topic_denied,
    packet_refused,
    credentials_expired,
    credentials_refused,
    credentials_unusable,
    credentials_other_account,
    cloud_access_denied,
    cloud_throttled,
    cloud_unreachable,
    endpoint_other,
    certificate_not_registered,
    ca_not_registered,
    ca_inactive,
    ca_auto_registration_off,
    certificate_inactive,
    certificate_not_admitted,  // registered just in time, and INACTIVE
    certificate_revoked,
    certificate_pending_transfer,
    certificate_pending_activation,
    no_policy,
    thing_not_attached,
    client_id_wrong,
    policy_denies_connect,
    policy_propagating,
};

struct CauseInfo {
    Cause cause;
    std::string_view code;  // stable: programs decide by it
    Stage stage;
    Class kind;
    std::string_view remedy;  // one clause, no full stop
};

// all_causes are in the order of the enumeration.
std::span<const CauseInfo> all_causes() noexcept;
const CauseInfo& info_of(Cause cause) noexcept;

const std::error_category& cause_category() noexcept;

inline std::error_code make_error_code(Cause cause) noexcept {
    return {static_cast<int>(cause), cause_category()};
}

}  // namespace trustx::aws::doctor

template <>
struct std::is_error_code_enum<trustx::aws::doctor::Cause> : std::true_type {};
