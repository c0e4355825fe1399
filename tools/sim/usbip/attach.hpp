// SPDX-License-Identifier: Apache-2.0
// trustx-sim attach and detach: plug a simulated chip into this machine's kernel, so that it appears as /dev/i2c-N.
#pragma once

#include "usbip/tcp.hpp"

#include <filesystem>
#include <string>

namespace trustx::sim::usbip {

// Paths are where the kernel shows itself; tests have a kernel of their own.
struct Paths {
    std::filesystem::path sysfs = "/sys";
    std::filesystem::path dev = "/dev";
};

// attach imports the device that a simulator exports at endpoint and waits for its I2C adapter, loading kernel modules
// where they are missing. Gives the adapter's path. Errors are sentences that say what to do. Needs root.
Result<std::filesystem::path> attach(const Endpoint& endpoint, const Paths& paths = {});

// detach unplugs every simulated chip, or only the one behind `adapter` where that is not empty, and waits until the
// kernel has removed it. Gives the number of chips unplugged. Needs root.
Result<unsigned> detach(const std::filesystem::path& adapter, const Paths& paths = {});

}  // namespace trustx::sim::usbip
