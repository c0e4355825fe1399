// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as something that can be waited for with poll(2).
#pragma once

#include "common/io/unique_fd.hpp"

#include <system_error>

#include <tl/expected.hpp>

namespace trustx::io {

// take_termination_signals blocks SIGINT and SIGTERM in the calling thread and those it starts later, and gives the
// signalfd(2), not blocking, that becomes readable instead. The error is of the system category.
[[nodiscard]] tl::expected<UniqueFd, std::error_code> take_termination_signals();

}  // namespace trustx::io
