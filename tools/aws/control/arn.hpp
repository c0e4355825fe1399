// SPDX-License-Identifier: Apache-2.0
// Amazon resource names: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
#pragma once

#include <trustx/result.hpp>

#include <string>
#include <string_view>

namespace trustx::aws {

struct Arn {
    std::string partition;  // "aws", "aws-cn", "aws-us-gov"
    std::string service;
    std::string region;
    std::string account;
    std::string resource;  // "thing/gw-1", "cert/<64 hex>", "policy/name"

    [[nodiscard]] std::string text() const;
    // name is the resource after its first slash: the thing's name, the certificate's id.
    [[nodiscard]] std::string_view name() const;
};

// parse_arn: ApiErrc::answer_malformed for what has not six parts.
Result<Arn> parse_arn(std::string_view text);

}  // namespace trustx::aws
