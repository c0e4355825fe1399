// SPDX-License-Identifier: Apache-2.0
// An answer that is no success, as an error: its code, and words with a remedy.
#pragma once

#include "aws/control/api_call.hpp"
#include "aws/control/api_error.hpp"
#include "aws/http/http_client.hpp"

#include <string>

namespace trustx::aws {

// refusal_in reads an answer with a status other than 2xx. `region` is the one that was signed for, `host` the
// service's.
[[nodiscard]] ApiError refusal_in(const ApiInfo& info, const HttpResponse& response, const std::string& region,
                                  const std::string& host);

// request_id_of is what AWS's support asks for; may be empty.
[[nodiscard]] std::string request_id_of(const HttpResponse& response);

}  // namespace trustx::aws
