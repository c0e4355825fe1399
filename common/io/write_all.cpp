// SPDX-License-Identifier: Apache-2.0
#include "common/io/write_all.hpp"

#include <cerrno>
#include <cstddef>

#include <poll.h>
#include <unistd.h>

namespace trustx::io {

std::error_code write_all(int fd, std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd state{.fd = fd, .events = POLLOUT, .revents = 0};
            static_cast<void>(::poll(&state, 1, -1));  // what failed is seen by the next write
        } else if (errno != EINTR) {
            return {errno, std::system_category()};
        }
    }
    return {};
}

}  // namespace trustx::io
