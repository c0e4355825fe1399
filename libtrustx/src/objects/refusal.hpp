// SPDX-License-Identifier: Apache-2.0
// Why the chip refuses to read or change an object, in words, from the object's metadata and the life cycle states.
#pragma once

#include "objects/object_commands.hpp"

#include <trustx/life_cycle.hpp>

namespace trustx {

// read_life_cycles reads LcsG and LcsA; LcsO is in the metadata.
Result<LifeCycles> read_life_cycles(ObjectCommands& commands, const Metadata& metadata);

// explained puts the operation in front of an error. For ChipError::access_conditions_not_satisfied it asks the chip
// why, and says so in the place of the operation; where the chip does not answer that, the error stays as it is.
Error explained(ObjectCommands& commands, ObjectId object, AccessKind kind, const Error& error,
                std::string_view operation);

}  // namespace trustx
