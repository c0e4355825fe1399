// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4 for services other than S3 (aws-iot.md section 6.1 and section 14, item 13): the path is
// encoded once more than on the wire. HMAC and digests are those of OpenSSL's default provider.
#pragma once

#include "aws/http/http_client.hpp"
#include "aws/signing/credentials.hpp"

#include <string>

namespace trustx::aws {

// SigningScope is what a signature is for.
struct SigningScope {
    std::string region;
    std::string service;  // the name to sign with: "iot", "iotdata"
};

// canonical_request is the first of the three steps. All headers of the request are signed.
std::string canonical_request(const HttpRequest& request);

// string_to_sign is the second.
std::string string_to_sign(const HttpRequest& request, const SigningScope& scope, WallTime time);

// sign adds Host, X-Amz-Date, X-Amz-Security-Token where there is a token, and Authorization.
void sign(HttpRequest& request, const Credentials& credentials, const SigningScope& scope, WallTime time);

}  // namespace trustx::aws
