// SPDX-License-Identifier: Apache-2.0
// Loading a module that may be damaged or no provider of ours.
#pragma once

#include <trustx/result.hpp>

#include <string>

namespace trustx::cli {

// try_module loads a provider's module in a child process and asks what it calls itself. A module that is damaged ends
// the process that loads it by a signal, and one that never returns is ended after half a minute. Errors, in words:
// InputErrc::check_failed for a module that cannot be loaded and for another provider than trustx's.
Result<void> try_module(const std::string& path);

}  // namespace trustx::cli
