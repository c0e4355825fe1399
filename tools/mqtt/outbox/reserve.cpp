// SPDX-License-Identifier: Apache-2.0
#include "outbox/reserve.hpp"

#include "common/io/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::mqtt {

bool Reserve::was_made() const {
    struct stat found {};
    return ::lstat(path_.c_str(), &found) == 0;
}

bool Reserve::keep(std::uint64_t size) {
    if (size <= size_) {
        return true;
    }
    const UniqueFd file{::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    const int failed = !file                  ? errno
                       : allocate_ != nullptr ? allocate_(file.get(), size, path_)
                                              : ::posix_fallocate(file.get(), 0, static_cast<off_t>(size));
    if (failed == ENOSPC || failed == EDQUOT) {
        // What it has so far would be missing for the messages.
        static_cast<void>(file && ::ftruncate(file.get(), static_cast<off_t>(size_)));
        return false;
    }
    size_ = size;
    return true;
}

bool Reserve::release() {
    return std::exchange(size_, 0) > 0 && ::truncate(path_.c_str(), 0) == 0;
}

}  // namespace trustx::mqtt
