// SPDX-License-Identifier: Apache-2.0
// A chip as it leaves the factory: objects, metadata, key and certificate (chip-objects.md sections 1, 2 and 6).
#pragma once

#include "model/chip/chip_state.hpp"
#include "model/crypto/crypto.hpp"

#include <string_view>

namespace trustx::sim {

// Profile is one of the real chips that recordings or printouts exist of.
struct Profile {
    std::string_view name;
    std::string_view uid;  // hexadecimal
    std::uint8_t i2c_address;
};

// find_profile is nullptr for an unknown name.
const Profile* find_profile(std::string_view name);
constexpr std::string_view default_profile = "C";

// make_chip generates key E0F0 and certificate E0E0, and the throw-away CA whose certificate stays in the state and
// whose key does not.
ChipState make_chip(const Profile& profile, Crypto& crypto);

}  // namespace trustx::sim
