// SPDX-License-Identifier: Apache-2.0
// Where tests/aws/setup has put what comes from npm.
#pragma once

#include "support/build_tree.hpp"

#include <cstdlib>
#include <filesystem>

namespace trustx::test {

// packages is the directory above node_modules: TRUSTX_AWS_PACKAGES, or the default of tests/aws/setup.
inline std::filesystem::path packages() {
    const char* named = std::getenv("TRUSTX_AWS_PACKAGES");
    return named != nullptr ? std::filesystem::path{named} : source_directory() / "build/aws";
}

}  // namespace trustx::test
