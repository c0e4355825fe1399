// SPDX-License-Identifier: Apache-2.0
#include "common/io/socket.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace trustx::io {

std::error_code send_all(int socket, std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
        const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return {errno, std::system_category()};
        }
    }
    return {};
}

tl::expected<std::size_t, std::error_code> receive_all(int socket, std::span<std::uint8_t> bytes) noexcept {
    std::size_t received = 0;
    while (received < bytes.size()) {
        const auto rest = bytes.subspan(received);
        const auto count = ::recv(socket, rest.data(), rest.size(), 0);
        if (count == 0) {
            break;
        }
        if (count > 0) {
            received += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            return tl::unexpected{std::error_code{errno, std::system_category()}};
        }
    }
    return received;
}

}  // namespace trustx::io
