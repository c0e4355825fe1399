// SPDX-License-Identifier: Apache-2.0
// RAUC with the sample of its settings, two files as slots, and a D-Bus of its own that starts its service.
#pragma once

#include "gateway.hpp"

#include <string>

namespace trustx::test {

// Slots: A is running, B is what RAUC writes to.
class Slots {
 public:
    explicit Slots(const Gateway& gateway);

    // bundle makes one of version 7 with an image for B; without a signer it has no signature. build is the line of its
    // manifest with the number; product is what it is for.
    [[nodiscard]] std::string bundle(const Signer* signer, const std::string& build = "build=7\n",
                                     const std::string& product = "gateway") const;

    // start_bus gives the D-Bus that starts RAUC's service with these settings, as a system does, in a mount namespace
    // of its own; on_bus are the settings with which programs find it.
    [[nodiscard]] Process start_bus(const Environment& environment) const;
    // PATH then has a `rauc` that reads these settings, where a system has them in /etc/rauc.
    [[nodiscard]] Environment on_bus(Environment environment) const;
    // install has RAUC install a bundle. It takes root and loop devices.
    [[nodiscard]] Outcome install(const std::string& bundle, const Environment& environment,
                                  const Arguments& options = {}) const;

    [[nodiscard]] bool written() const;
    [[nodiscard]] bool untouched() const;
    void clear() const;

 private:
    [[nodiscard]] bool running() const;

    const Gateway& gateway_;
};

}  // namespace trustx::test
