// SPDX-License-Identifier: Apache-2.0
// Sending and receiving over a stream socket that blocks, until everything is done. A signal that interrupts does not
// count. Errors are of the system category; the socket's time limits (SO_RCVTIMEO, SO_SNDTIMEO) give EAGAIN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include <tl/expected.hpp>

namespace trustx::io {

// send_all raises no SIGPIPE.
[[nodiscard]] std::error_code send_all(int socket, std::span<const std::uint8_t> bytes) noexcept;

// receive_all fills bytes. The result is how many there are: fewer if the peer closed the connection before.
[[nodiscard]] tl::expected<std::size_t, std::error_code> receive_all(int socket,
                                                                     std::span<std::uint8_t> bytes) noexcept;

}  // namespace trustx::io
