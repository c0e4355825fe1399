// SPDX-License-Identifier: Apache-2.0
// Chips whose slots hold keys that a test knows.
#pragma once

#include "model/base/names.hpp"
#include "model/nvm/nvm.hpp"

#include <memory>
#include <string>
#include <vector>

namespace trustx::test {

struct KnownKey {
    sim::ObjectId id;
    sim::Curve curve;
    std::uint8_t usage;
    std::string scalar;  // hexadecimal
};

// chip_with is the memory of a new chip of profile C with these keys.
std::unique_ptr<sim::Nvm> chip_with(const std::vector<KnownKey>& keys);

}  // namespace trustx::test
