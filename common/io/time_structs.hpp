// SPDX-License-Identifier: Apache-2.0
// Durations as the structures of system calls. Their members have other types on a 32-bit system.
#pragma once

#include <chrono>

#include <sys/time.h>
#include <time.h>

namespace trustx::io {

// to_timespec and to_timeval take what is not negative; to_timeval rounds down to microseconds.
[[nodiscard]] inline timespec to_timespec(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    timespec parts{};
    parts.tv_sec = static_cast<decltype(parts.tv_sec)>(seconds.count());
    parts.tv_nsec = static_cast<decltype(parts.tv_nsec)>((time - seconds).count());
    return parts;
}

[[nodiscard]] inline timeval to_timeval(std::chrono::nanoseconds time) {
    const auto parts = to_timespec(time);
    return {.tv_sec = parts.tv_sec, .tv_usec = static_cast<decltype(timeval::tv_usec)>(parts.tv_nsec / 1000)};
}

}  // namespace trustx::io
