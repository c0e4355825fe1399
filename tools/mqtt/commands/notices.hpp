// SPDX-License-Identifier: Apache-2.0
// What state machines tell people goes to the log.
#pragma once

#include "requests/notice.hpp"

namespace trustx::mqtt {

void log_notice(Level level, const std::string& text);

}  // namespace trustx::mqtt
