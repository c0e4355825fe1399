// SPDX-License-Identifier: Apache-2.0
// Keys in the chip for the OpenSSL of this very program.
#pragma once

#include "cli/context.hpp"

namespace trustx::cli {

// load_provider makes this process's OpenSSL know keys in the chip, unless its configuration does that already.
// InputErrc::check_failed.
Result<void> load_provider(const Context& context);

}  // namespace trustx::cli
