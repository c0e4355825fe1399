// SPDX-License-Identifier: Apache-2.0
#include "common/io/termination_signals.hpp"

#include <cerrno>
#include <csignal>

#include <sys/signalfd.h>

namespace trustx::io {

tl::expected<UniqueFd, std::error_code> take_signals(const std::vector<int>& numbers) {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : numbers) {
        ::sigaddset(&signals, number);
    }
    UniqueFd readable{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!readable) {
        return tl::unexpected{std::error_code{errno, std::system_category()}};
    }
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr); error != 0) {
        return tl::unexpected{std::error_code{error, std::system_category()}};
    }
    return readable;
}

tl::expected<UniqueFd, std::error_code> take_termination_signals() {
    return take_signals({SIGINT, SIGTERM});
}

}  // namespace trustx::io
