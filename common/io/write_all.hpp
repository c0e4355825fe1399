// SPDX-License-Identifier: Apache-2.0
// Writing to a file descriptor until everything is written.
#pragma once

#include <cstdint>
#include <span>
#include <system_error>

namespace trustx::io {

// write_all writes until everything is written or something fails, which it returns as a code of the system category.
// A signal that interrupts it does not count, and a descriptor that does not block is waited for: whoever shares
// standard output may have made it so.
[[nodiscard]] std::error_code write_all(int fd, std::span<const std::uint8_t> bytes) noexcept;

}  // namespace trustx::io
