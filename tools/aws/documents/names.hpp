// SPDX-License-Identifier: Apache-2.0
// What AWS IoT accepts as a name, checked before anything is sent (aws-iot.md section 4).
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace trustx::aws {

enum class NameOf : std::uint8_t { thing, policy, provisioning_template, role_alias, rule, attribute, attribute_value };

// check_name: InputErrc::usage, with what is allowed.
Result<void> check_name(NameOf kind, std::string_view name);

// check_account wants 12 digits: InputErrc::usage.
Result<void> check_account(std::string_view account);

// check_role wants the ARN of a role: "arn:aws:iam::123456789012:role/name". InputErrc::usage.
Result<void> check_role(std::string_view arn);

}  // namespace trustx::aws
