// SPDX-License-Identifier: Apache-2.0
// What libcurl reports of a failed transfer, as a code and in words that name host, cause and remedy.
#pragma once

#include "aws/http/http_error.hpp"

#include <trustx/result.hpp>

#include <string>

namespace trustx::aws {

struct CurlFailure {
    int code = 0;            // CURLcode
    std::string words;       // libcurl's
    long verify_result = 0;  // X509_V_ERR_...
    long proxy_status = 0;   // what a proxy said to CONNECT; 0: nothing
    bool sent = false;       // a request, or a part of it
    bool answered = false;   // a part of an answer came
};

// explain_failure names the service by its address, such as "https://iot.eu-central-1.amazonaws.com".
[[nodiscard]] Error explain_failure(const CurlFailure& failure, const std::string& service);

}  // namespace trustx::aws
