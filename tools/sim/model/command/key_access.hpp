// SPDX-License-Identifier: Apache-2.0
// How commands find keys, which are in slots or in sessions.
#pragma once

#include "model/command/command.hpp"

namespace trustx::sim {

struct KeyInUse {
    Curve curve;
    std::uint8_t usage;
    Bytes scalar;
};

// find_key looks a key up without using it. Errors: 01 for what is no key or session, 05 for a slot without a key.
Outcome<KeyInUse> find_key(const CommandContext& context, ObjectId id);

// use_key also demands one of the usages (24 otherwise) and reports the use to the security monitor and the counters.
Outcome<KeyInUse> use_key(CommandContext& context, ObjectId id, std::uint8_t any_usage);

}  // namespace trustx::sim
