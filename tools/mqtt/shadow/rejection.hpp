// SPDX-License-Identifier: Apache-2.0
// Why a request to a shadow was refused (aws-iot.md section 8.1).
#pragma once

#include "requests/json.hpp"

#include <string>

namespace trustx::mqtt {

inline constexpr int shadow_not_found = 404;
inline constexpr int shadow_version_conflict = 409;

struct ShadowRejection {
    int code = 0;         // like a status of HTTP; 0: the service gave none
    std::string message;  // the service's
};

[[nodiscard]] ShadowRejection read_shadow_rejection(const Json& body);

// words is "the shadow has another version (409 Version conflict)", for people.
[[nodiscard]] std::string words(const ShadowRejection& rejection);

// asks_for_patience: the same request may succeed later, although nobody changed anything.
[[nodiscard]] bool asks_for_patience(const ShadowRejection& rejection);

}  // namespace trustx::mqtt
