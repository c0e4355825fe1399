// SPDX-License-Identifier: Apache-2.0
// What the operating system says about a user's file, with advice.
#pragma once

#include <trustx/result.hpp>

#include <string>
#include <system_error>

namespace trustx::files {

// cannot_write gives "cannot write /path: No space left on device; free space there or choose another place".
[[nodiscard]] tl::unexpected<Error> cannot_read(const std::string& name, std::error_code code);
[[nodiscard]] tl::unexpected<Error> cannot_write(const std::string& name, std::error_code code);

}  // namespace trustx::files
