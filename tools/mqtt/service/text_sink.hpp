// SPDX-License-Identifier: Apache-2.0
// Messages as lines on standard error. Nobody waits for a reader that has stopped reading for longer than a moment:
// what does not go then is dropped, and how much that was is told once there is room.
#pragma once

#include <memory>

namespace spdlog::sinks {
class sink;
}

namespace trustx::mqtt {

std::shared_ptr<spdlog::sinks::sink> text_sink(int fd);

}  // namespace trustx::mqtt
