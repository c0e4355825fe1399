// SPDX-License-Identifier: Apache-2.0
#include "commands/notices.hpp"

#include <spdlog/spdlog.h>

namespace trustx::mqtt {

void log_notice(Level level, const std::string& text) {
    switch (level) {
        case Level::detail:
            return spdlog::debug("{}", text);
        case Level::news:
            return spdlog::info("{}", text);
        case Level::warning:
            return spdlog::warn("{}", text);
        case Level::error:
            return spdlog::error("{}", text);
    }
}

}  // namespace trustx::mqtt
