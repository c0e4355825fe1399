// SPDX-License-Identifier: Apache-2.0
// Keys in the chip for the OpenSSL of this very program.
#pragma once

#include "cli/context.hpp"

#include <string>

namespace trustx::cli {

// load_provider makes this process's OpenSSL know keys in the chip, unless its configuration does that already: the
// file config, or the one that OpenSSL reads. InputErrc::malformed,
// InputErrc::check_failed.
Result<void> load_provider(const Context& context, const std::string& config = {});

}  // namespace trustx::cli
