// SPDX-License-Identifier: Apache-2.0
// The credentials of an AWS user or role, and the time by which they are judged.
#pragma once

#include "aws/signing/secret_text.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace trustx::aws {

// WallTime is the time of day, for signatures and expiry; waits use trustx::Clock.
using WallTime = std::chrono::system_clock::time_point;
using WallClock = std::function<WallTime()>;

struct Credentials {
    std::string access_key_id{};
    SecretText secret_access_key{};
    SecretText session_token{};            // empty for a user's permanent key
    std::optional<WallTime> expiration{};  // where it is known
    std::string account_id{};              // where it is known: 12 digits
    std::string source{};                  // where they come from, for messages: "environment", "profile `x` in ..."

    // expired says whether they end within a minute.
    [[nodiscard]] bool expired(WallTime now) const {
        return expiration && *expiration <= now + std::chrono::minutes{1};
    }
};

}  // namespace trustx::aws
