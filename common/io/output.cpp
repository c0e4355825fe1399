// SPDX-License-Identifier: Apache-2.0
#include "common/io/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::io {
namespace {

// A pipe or a terminal can be opened again, if its owner lets us; files never block, and have another offset then.
UniqueFd open_again(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    const bool for_writing = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
    const auto path = "/proc/self/fd/" + std::to_string(fd);
    return UniqueFd{for_writing ? ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1};
}

bool has_room(int fd) {
    pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
    return ::poll(&polled, 1, 0) != 0;  // an error shows itself by write(2)
}

}  // namespace

Output::Output(int fd) : fd_{fd} {
    struct stat found {};
    if (::fstat(fd, &found) != 0) {
        return;
    }
    is_socket_ = S_ISSOCK(found.st_mode);
    const bool may_block = S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode);
    if (may_block) {
        reopened_ = open_again(fd);
        may_block_ = !reopened_;
    }
}

void Output::add(std::string_view bytes) {
    forget_written();
    kept_ += bytes;
}

std::error_code Output::write() {
    while (!empty()) {
        const auto count = write_some(std::string_view{kept_}.substr(written_));
        if (count >= 0) {
            written_ += static_cast<std::size_t>(count);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return {};
        } else if (errno != EINTR) {
            const std::error_code failed{errno, std::system_category()};
            written_ = kept_.size();
            return failed;
        }
    }
    forget_written();
    return {};
}

// Where poll(2) finds room in a pipe, PIPE_BUF bytes go into it (pipe(7)).
long Output::write_some(std::string_view bytes) const {
    if (is_socket_) {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (reopened_) {
        return ::write(reopened_.get(), bytes.data(), bytes.size());
    }
    if (may_block_ && !has_room(fd_)) {
        errno = EAGAIN;
        return -1;
    }
    return ::write(fd_, bytes.data(), may_block_ ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size());
}

void Output::forget_written() {
    kept_.erase(0, written_);
    written_ = 0;
    constexpr std::size_t ordinary = 65536;
    if (kept_.empty() && kept_.capacity() > ordinary) {
        kept_.shrink_to_fit();
    }
}

}  // namespace trustx::io
