// SPDX-License-Identifier: Apache-2.0
#include "common/io/no_size_signal.hpp"

#include <cerrno>
#include <ctime>

namespace trustx::io {
namespace {

sigset_t size_signal() noexcept {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGXFSZ);
    return signals;
}

}  // namespace

NoSizeSignal::NoSizeSignal() noexcept {
    const int saved = errno;
    const sigset_t signals = size_signal();
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
    sigset_t pending;
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGXFSZ) == 1;
    errno = saved;
}

// The kernel sends SIGXFSZ to the thread that writes, so nobody else can have taken it in between.
NoSizeSignal::~NoSizeSignal() {
    const int saved = errno;
    if (!was_pending_) {
        const sigset_t signals = size_signal();
        const timespec at_once{};
        ::sigtimedwait(&signals, nullptr, &at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
}

}  // namespace trustx::io
