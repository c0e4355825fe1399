// SPDX-License-Identifier: Apache-2.0
// Counts the forks between this process and the one that first used the library, so that whatever was inherited
// (connections, frame numbers, held locks) can be told from what this process made.
#pragma once

#include <cstdint>

namespace trustx {

// fork_generation is 1 in the process that asked first and grows with each child that asks, whichever way it was made.
// To be called before anything is done that a child must not take for its own.
std::uint32_t fork_generation() noexcept;

}  // namespace trustx
