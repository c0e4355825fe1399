// SPDX-License-Identifier: Apache-2.0
#include "common/io/write_all.hpp"

#include <cerrno>
#include <cstddef>

#include <unistd.h>

namespace trustx::io {

std::error_code write_all(int fd, std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return {errno, std::system_category()};
        }
    }
    return {};
}

}  // namespace trustx::io
