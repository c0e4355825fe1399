// SPDX-License-Identifier: Apache-2.0
// What locks that belong to a process leave to the process itself: its threads and Devices must exclude each other, and
// no descriptor of the file may be closed while one of them holds a lock.
#pragma once

#include "device/thread_lock.hpp"

#include <atomic>
#include <cstdint>

#include <sys/types.h>

namespace trustx {

// LocalClaims are those on one lock file. A forked child finds them free.
class LocalClaims {
 public:
    // of finds the claims by the file's inode. Files may share claims, which costs waiting and nothing else.
    static LocalClaims& of(ino_t inode) noexcept;

    // Held while the chip is locked, and while a session is claimed or a descriptor of the file is closed.
    ThreadLock chip;

    // claim_session is false where somebody in this process has the session.
    [[nodiscard]] bool claim_session(int index) noexcept;
    void release_session(int index) noexcept;
    [[nodiscard]] bool has_session(int index) const noexcept;
    [[nodiscard]] bool any_session() const noexcept;

 private:
    std::atomic<std::uint64_t> sessions_{0};  // one bit each; in the upper half the fork generation that they are of
};

}  // namespace trustx
