// SPDX-License-Identifier: Apache-2.0
// What AWS IoT answers instead of what was asked for, as a code to decide on (aws-iot.md section 6.2 and section 14,
// item 13). The operation() of such an error has the call, AWS's words and the remedy; the code adds no text.
#pragma once

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace trustx::aws {

enum class ApiErrc {
    invalid_request = 1,
    unauthorized = 2,  // UnauthorizedException: the user's IAM policy does not allow the call
    resource_not_found = 3,
    resource_already_exists = 4,  // ApiError::resource_arn says which
    certificate_state = 5,        // not possible in the certificate's or the CA's state
    certificate_conflict = 6,     // several CA certificates have the issuer's name
    certificate_validation = 7,   // the certificate or its chain is not accepted
    registration_code = 8,        // the verification certificate has another CN than the account's code
    registration_failed = 9,      // RegisterThing: a resource of the template could not be made
    resource_conflict = 10,       // a template's OverrideSettings say FAIL
    conflicting_update = 11,      // somebody changes the same thing at this moment
    version_conflict = 12,
    versions_limit = 13,  // a policy has five versions, a template its own limit
    malformed_policy = 14,
    delete_conflict = 15,  // still attached
    limit_exceeded = 16,
    quota_exceeded = 17,
    transfer_conflict = 18,
    transfer_completed = 19,
    sql_malformed = 20,
    not_configured = 21,  // fleet indexing is off (GetThingConnectivityData)
    throttling = 22,
    internal_failure = 23,
    service_unavailable = 24,
    // Answers to the signature.
    access_denied = 30,        // AccessDeniedException: signed correctly, by somebody who may not
    expired_token = 31,        // the credentials have expired
    unknown_credentials = 32,  // the service does not know identifier or token
    signature_mismatch = 33,   // the secret does not belong to the identifier
    wrong_scope = 34,          // signed for another region or service than the endpoint's
    clock_skew = 35,           // this computer's clock, or the answer's date, is off
    token_missing = 36,        // MissingAuthenticationToken: no such operation at this endpoint, or not signed
    // What is not an answer of the service.
    answer_malformed = 40,  // success, but not the JSON that was promised
    unknown = 41,           // an error with a name that is not known here: ApiError::name
};

const std::error_category& api_category() noexcept;

inline std::error_code make_error_code(ApiErrc code) noexcept {
    return {static_cast<int>(code), api_category()};
}

}  // namespace trustx::aws

template <>
struct std::is_error_code_enum<trustx::aws::ApiErrc> : std::true_type {};

namespace trustx::aws {

// ApiError is an Error with what only answers of the service have. It can be passed on as an Error, which is all that
// most callers want.
class ApiError : public Error {
 public:
    explicit ApiError(Error error) : Error{std::move(error)} {}  // NOLINT: from failures of HTTP and account

    int http_status = 0;        // 0: no answer
    std::string name{};         // AWS's own: "ResourceAlreadyExistsException"
    std::string request_id{};   // for AWS's support
    std::string resource_id{};  // resource_already_exists
    std::string resource_arn{};

    // outcome_unknown says that the call may have been executed all the same: its answer was lost, or is no answer.
    bool outcome_unknown = false;
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

// api_errc_of gives the code of AWS's name for an error, with or without "Exception".
ApiErrc api_errc_of(std::string_view name) noexcept;

}  // namespace trustx::aws
