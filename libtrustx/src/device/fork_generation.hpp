// SPDX-License-Identifier: Apache-2.0
// Counts the forks between this process and the one that loaded the library, so that whatever was inherited
// (connections, frame numbers, held locks) can be told from what this process made.
#pragma once

#include <cstdint>

namespace trustx {

// fork_generation is 1 in the process that loaded the library and grows by one with each fork.
std::uint32_t fork_generation() noexcept;

}  // namespace trustx
