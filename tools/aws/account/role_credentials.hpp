// SPDX-License-Identifier: Apache-2.0
// Credentials for other AWS services by the device's own certificate (aws-iot.md section 7.8).
#pragma once

#include "aws/account/account_error.hpp"
#include "aws/http/http_client.hpp"
#include "aws/signing/credentials.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <string>

namespace trustx::aws {

struct RoleCredentialsRequest {
    Url endpoint;  // of the credential provider: DescribeEndpoint with EndpointType::credential_provider
    std::string role_alias;
    std::string thing_name;  // may be empty
};

// fetch_role_credentials wants a client that presents the device's certificate. Errors: HttpErrc;
// AccountErrc::role_refused with what the service said.
Result<Credentials> fetch_role_credentials(HttpClient& client, const RoleCredentialsRequest& request,
                                           const Deadline& deadline);

// process_text is the JSON that a credential_process prints (aws-iot.md section 14, item 11).
SecretText process_text(const Credentials& credentials);

// environment_text is lines `export NAME=value` for a shell.
SecretText environment_text(const Credentials& credentials);

}  // namespace trustx::aws
