// SPDX-License-Identifier: Apache-2.0
// The built program trustx, run with a clean environment.
#pragma once

#include "support/build_tree.hpp"
#include "support/process.hpp"

#include <string>
#include <vector>

namespace trustx::test {

// run_trustx runs the program where no setting of the machine reaches it.
inline Outcome run_trustx(const std::vector<std::string>& arguments, ProcessOptions options = {}) {
    options.without_environment.emplace_back("TRUSTX_DEVICE");
    options.environment.emplace("TRUSTX_CONF", "/dev/null");
    return run(program("trustx"), arguments, options);
}

}  // namespace trustx::test
