// SPDX-License-Identifier: Apache-2.0
// What state machines tell people. They print nothing themselves, and nothing is decided by it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace trustx::mqtt {

enum class Level : std::uint8_t { detail, news, warning, error };

using Notify = std::function<void(Level level, const std::string& text)>;

}  // namespace trustx::mqtt
