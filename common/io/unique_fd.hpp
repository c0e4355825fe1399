// SPDX-License-Identifier: Apache-2.0
// Ownership of a file descriptor.
#pragma once

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace trustx {

class UniqueFd {
 public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) noexcept : fd_{fd} {}
    UniqueFd(UniqueFd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    // close is for those who want to know whether what they wrote arrived. The descriptor is gone in any case, EINTR
    // included (close(2)).
    [[nodiscard]] std::error_code close() noexcept {
        if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) != 0) {
            return {errno, std::system_category()};
        }
        return {};
    }
    void reset() noexcept { static_cast<void>(close()); }
    // release gives up the descriptor without closing it.
    int release() noexcept { return std::exchange(fd_, -1); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
    int fd_ = -1;
};

}  // namespace trustx
