// SPDX-License-Identifier: Apache-2.0
// trustx setup check: from the configuration to a signature, each step in plain words and with its remedy.
#pragma once

#include "cli/context.hpp"

#include <string>

namespace trustx::cli {

struct SetupCheckOptions {
    std::string config;  // empty: what OpenSSL reads
    std::string key;     // key file to sign with; empty: no private key is used
};

// check_setup prints one line for each check. Error: that of the first check that failed, after everything was printed.
Result<void> check_setup(const Context& context, const SetupCheckOptions& options);

}  // namespace trustx::cli
