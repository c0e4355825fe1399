// SPDX-License-Identifier: Apache-2.0
// The environment as AWS's programs read it; tests give another.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace trustx::aws {

// Environment gives a variable's value; nothing for one that is not set or is empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// process_environment is this process's. Programs with raised privileges get nothing (secure_getenv(3)).
Environment process_environment();

}  // namespace trustx::aws
