// SPDX-License-Identifier: Apache-2.0
// Signals as something that can be waited for with poll(2).
#pragma once

#include "common/io/unique_fd.hpp"

#include <system_error>
#include <vector>

#include <tl/expected.hpp>

namespace trustx::io {

// take_signals blocks them in the calling thread and those it starts later, and gives the signalfd(2), not blocking,
// that becomes readable instead. The error is of the system category.
[[nodiscard]] tl::expected<UniqueFd, std::error_code> take_signals(const std::vector<int>& numbers);

// take_termination_signals does so with SIGINT and SIGTERM.
[[nodiscard]] tl::expected<UniqueFd, std::error_code> take_termination_signals();

}  // namespace trustx::io
