// SPDX-License-Identifier: Apache-2.0
#include "aws/control/api_error.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws {
namespace {

class ApiCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "aws iot"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

struct Name {
    std::string_view name;  // without "Exception"
    ApiErrc code;
};

// Source: aws-iot.md section 6.2 and section 14, item 13; the names of signatures are those that all services have.
constexpr std::array names{
    Name{"InvalidRequest", ApiErrc::invalid_request},
    Name{"InvalidParameter", ApiErrc::invalid_request},
    Name{"Validation", ApiErrc::invalid_request},
    Name{"Unauthorized", ApiErrc::unauthorized},
    Name{"ResourceNotFound", ApiErrc::resource_not_found},
    Name{"ResourceAlreadyExists", ApiErrc::resource_already_exists},
    Name{"CertificateState", ApiErrc::certificate_state},
    Name{"CertificateConflict", ApiErrc::certificate_conflict},
    Name{"CertificateValidation", ApiErrc::certificate_validation},
    Name{"RegistrationCodeValidation", ApiErrc::registration_code},
    Name{"ResourceRegistrationFailure", ApiErrc::registration_failed},
    Name{"ResourceConflicts", ApiErrc::resource_conflict},
    Name{"ConflictingResourceUpdate", ApiErrc::conflicting_update},
    Name{"Conflict", ApiErrc::conflicting_update},
    Name{"VersionConflict", ApiErrc::version_conflict},
    Name{"VersionsLimitExceeded", ApiErrc::versions_limit},
    Name{"MalformedPolicy", ApiErrc::malformed_policy},
    Name{"DeleteConflict", ApiErrc::delete_conflict},
    Name{"LimitExceeded", ApiErrc::limit_exceeded},
    Name{"ServiceQuotaExceeded", ApiErrc::quota_exceeded},
    Name{"TransferConflict", ApiErrc::transfer_conflict},
    Name{"TransferAlreadyCompleted", ApiErrc::transfer_completed},
    Name{"SqlParse", ApiErrc::sql_malformed},
    Name{"NotConfigured", ApiErrc::not_configured},
    Name{"IndexNotReady", ApiErrc::not_configured},
    Name{"Throttling", ApiErrc::throttling},
    Name{"Throttled", ApiErrc::throttling},
    Name{"TooManyRequests", ApiErrc::throttling},
    Name{"RequestLimitExceeded", ApiErrc::throttling},
    Name{"InternalFailure", ApiErrc::internal_failure},
    Name{"Internal", ApiErrc::internal_failure},
    Name{"InternalServer", ApiErrc::internal_failure},
    Name{"InternalServerError", ApiErrc::internal_failure},
    Name{"ServiceUnavailable", ApiErrc::service_unavailable},
    Name{"AccessDenied", ApiErrc::access_denied},
    Name{"Forbidden", ApiErrc::access_denied},
    Name{"NotAuthorized", ApiErrc::access_denied},
    Name{"ExpiredToken", ApiErrc::expired_token},
    Name{"UnrecognizedClient", ApiErrc::unknown_credentials},
    Name{"InvalidClientTokenId", ApiErrc::unknown_credentials},
    Name{"InvalidSignature", ApiErrc::signature_mismatch},
    Name{"SignatureDoesNotMatch", ApiErrc::signature_mismatch},
    Name{"IncompleteSignature", ApiErrc::signature_mismatch},
    Name{"RequestExpired", ApiErrc::clock_skew},
    Name{"RequestTimeTooSkewed", ApiErrc::clock_skew},
    Name{"RequestInTheFuture", ApiErrc::clock_skew},
    Name{"MissingAuthenticationToken", ApiErrc::token_missing},
};

}  // namespace

const std::error_category& api_category() noexcept {
    static const ApiCategory category;
    return category;
}

ApiErrc api_errc_of(std::string_view name) noexcept {
    constexpr std::string_view ending = "Exception";
    if (name.ends_with(ending)) {
        name.remove_suffix(ending.size());
    }
    const auto* found =
        std::find_if(names.begin(), names.end(), [name](const Name& each) { return each.name == name; });
    return found == names.end() ? ApiErrc::unknown : found->code;
}

}  // namespace trustx::aws
