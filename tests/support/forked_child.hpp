// SPDX-License-Identifier: Apache-2.0
// Children that tests fork and do not exec. None waits without end: what was locked by another thread at the fork stays
// locked in the child, also in libraries that are not ours.
#pragma once

#include <unistd.h>

namespace trustx::test {

// A child may take so long, which is enough for slow machines and analysers.
inline constexpr unsigned child_seconds = 240;

// fork_with_deadline is fork(2), but SIGALRM kills the child after child_seconds.
inline pid_t fork_with_deadline() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(child_seconds);
    }
    return child;
}

}  // namespace trustx::test
