// SPDX-License-Identifier: Apache-2.0
// What the operating system says about a file of the user's, with advice.
#pragma once

#include "cli/exit_code.hpp"

#include <string>
#include <system_error>

namespace trustx::cli {

// cannot_write gives "cannot write /path: No space left on device; free space there or choose another place".
[[nodiscard]] tl::unexpected<Failure> cannot_read(const std::string& name, std::error_code code);
[[nodiscard]] tl::unexpected<Failure> cannot_write(const std::string& name, std::error_code code);

}  // namespace trustx::cli
