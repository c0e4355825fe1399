// SPDX-License-Identifier: Apache-2.0
// Does not compile, which a test checks: what is no command cannot be run.
#include <trustx/device.hpp>

void run_text(trustx::Device& device) {
    static_cast<void>(device.run("GetRandom"));
}
