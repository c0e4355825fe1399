// SPDX-License-Identifier: Apache-2.0
// Writing where a limit of file sizes may be in force: beyond it the kernel sends SIGXFSZ (setrlimit(2)), which ends
// programs that never asked for it.
#pragma once

#include <csignal>

namespace trustx::io {

// NoSizeSignal keeps SIGXFSZ from this thread while it lives; what would raise it fails with EFBIG alone. A signal that
// was pending before stays so. errno is left as it is.
class NoSizeSignal {
 public:
    NoSizeSignal() noexcept;
    ~NoSizeSignal();
    NoSizeSignal(const NoSizeSignal&) = delete;
    NoSizeSignal& operator=(const NoSizeSignal&) = delete;

 private:
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace trustx::io
