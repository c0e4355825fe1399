// SPDX-License-Identifier: Apache-2.0
#include "jobs/handler_mark.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace trustx::mqtt {

trustx::Result<UniqueFd> HandlerMark::fresh() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        return trustx::fail(errno_code(), "take away " + path_);
    }
    return take_over();
}

trustx::Result<UniqueFd> HandlerMark::take_over() const {
    UniqueFd file{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        return trustx::fail(errno_code(), "open " + path_);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
        return file;
    }
    if (errno == EWOULDBLOCK) {
        return UniqueFd{};
    }
    return trustx::fail(errno_code(), "lock " + path_);
}

}  // namespace trustx::mqtt
