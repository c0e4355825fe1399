// SPDX-License-Identifier: Apache-2.0
// Open file description locks on bytes of a file (fcntl(2)): the kernel releases them when their holder ends, and two
// descriptions in one process exclude each other too. A byte need not exist to be locked.
#pragma once

#include <trustx/result.hpp>

#include <sys/types.h>

namespace trustx {

// try_lock_byte returns false when another description has it. Errors: errno codes.
Result<bool> try_lock_byte(int fd, off_t byte);

void unlock_byte(int fd, off_t byte) noexcept;

// others_lock says whether another description has a byte of [first, first + size) locked. Size 0: all from first on.
Result<bool> others_lock(int fd, off_t first, off_t size);

}  // namespace trustx
