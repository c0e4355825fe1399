// SPDX-License-Identifier: Apache-2.0
#include "aws/account/environment.hpp"

#include <cstdlib>

namespace trustx::aws {

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = ::secure_getenv(name.c_str());
        return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>{value};
    };
}

}  // namespace trustx::aws
