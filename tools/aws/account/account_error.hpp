// SPDX-License-Identifier: Apache-2.0
// Why there are no credentials, no region or no endpoint. An Error with one of these codes has cause and remedy in its
// operation(); the code sorts it and adds no text.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::aws {

enum class AccountErrc {
    no_credentials = 1,       // none in the environment and none in the profile
    credentials_partial = 2,  // an identifier without its secret, or the reverse
    credentials_expired = 3,
    profile_unknown = 4,
    profile_needs_login = 5,  // SSO, MFA or a role: another program has to get the credentials
    process_failed = 6,       // credential_process ended with an error, late, or with something else
    configuration_malformed = 7,
    no_region = 8,
    region_invalid = 9,
    endpoint_invalid = 10,
    role_refused = 11,  // the credential provider of AWS IoT gave none
};

const std::error_category& account_category() noexcept;

inline std::error_code make_error_code(AccountErrc code) noexcept {
    return {static_cast<int>(code), account_category()};
}

}  // namespace trustx::aws

template <>
struct std::is_error_code_enum<trustx::aws::AccountErrc> : std::true_type {};
