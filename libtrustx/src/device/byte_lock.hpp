// SPDX-License-Identifier: Apache-2.0
// Locks on bytes of a file (fcntl(2)): the kernel releases them when their holder is gone. A byte need not exist to be
// locked.
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace trustx {

// LockOwner says who holds a lock. Locks of both kinds exclude each other.
enum class LockOwner : std::uint8_t {
    // An open file description: two of them in one process exclude each other, a process and its forked child do not.
    description,
    // A process, whichever description it uses, inherited ones included: a process and its forked child exclude each
    // other, two users in one process do not (local_claims.hpp). All are lost when the process closes any descriptor of
    // the file.
    process,
};

// ByteLocks are the locks of one owner on one file. Errors: errno codes.
struct ByteLocks {
    int fd;
    LockOwner owner;

    // try_lock returns false when another owner has the byte.
    [[nodiscard]] Result<bool> try_lock(off_t byte) const;
    void unlock(off_t byte) const noexcept;

    // others_lock says whether another owner has a byte of [first, first + size) locked.
    [[nodiscard]] Result<bool> others_lock(off_t first, off_t size) const;

    // sign marks a byte as this process's with a lock of which the kernel tells the owner. Nothing but a message
    // depends on it.
    void sign(off_t byte) const noexcept;
    void unsign(off_t byte) const noexcept;

    // signer tells which process signed a byte; 0: one that cannot be seen from here, of another container.
    [[nodiscard]] std::optional<pid_t> signer(off_t byte) const noexcept;
};

}  // namespace trustx
