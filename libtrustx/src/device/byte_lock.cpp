// SPDX-License-Identifier: Apache-2.0
#include "device/byte_lock.hpp"

#include <cerrno>

#include <fcntl.h>

namespace trustx {
namespace {

struct flock request_for(short type, off_t first, off_t size) {
    struct flock request {};
    request.l_type = type;
    request.l_whence = SEEK_SET;
    request.l_start = first;
    request.l_len = size;
    return request;
}

}  // namespace

Result<bool> try_lock_byte(int fd, off_t byte) {
    auto request = request_for(F_WRLCK, byte, 1);
    if (::fcntl(fd, F_OFD_SETLK, &request) == 0) {
        return true;
    }
    if (errno == EAGAIN || errno == EACCES) {
        return false;
    }
    return fail(errno_code());
}

void unlock_byte(int fd, off_t byte) noexcept {
    auto request = request_for(F_UNLCK, byte, 1);
    ::fcntl(fd, F_OFD_SETLK, &request);
}

Result<bool> others_lock(int fd, off_t first, off_t size) {
    auto request = request_for(F_WRLCK, first, size);
    if (::fcntl(fd, F_OFD_GETLK, &request) != 0) {
        return fail(errno_code());
    }
    return request.l_type != F_UNLCK;
}

}  // namespace trustx
