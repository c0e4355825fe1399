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

int set_command(LockOwner owner) noexcept {
    return owner == LockOwner::process ? F_SETLK : F_OFD_SETLK;
}

int get_command(LockOwner owner) noexcept {
    return owner == LockOwner::process ? F_GETLK : F_OFD_GETLK;
}

}  // namespace

Result<bool> ByteLocks::try_lock(off_t byte) const {
    auto request = request_for(F_WRLCK, byte, 1);
    if (::fcntl(fd, set_command(owner), &request) == 0) {
        return true;
    }
    if (errno == EAGAIN || errno == EACCES) {
        return false;
    }
    return fail(errno_code());
}

void ByteLocks::unlock(off_t byte) const noexcept {
    auto request = request_for(F_UNLCK, byte, 1);
    ::fcntl(fd, set_command(owner), &request);
}

Result<bool> ByteLocks::others_lock(off_t first, off_t size) const {
    auto request = request_for(F_WRLCK, first, size);
    if (::fcntl(fd, get_command(owner), &request) != 0) {
        return fail(errno_code());
    }
    return request.l_type != F_UNLCK;
}

void ByteLocks::sign(off_t byte) const noexcept {
    auto request = request_for(F_WRLCK, byte, 1);
    ::fcntl(fd, F_SETLK, &request);
}

void ByteLocks::unsign(off_t byte) const noexcept {
    auto request = request_for(F_UNLCK, byte, 1);
    ::fcntl(fd, F_SETLK, &request);
}

// The question is asked for the open file description, to which a lock of this process is another's, too.
std::optional<pid_t> ByteLocks::signer(off_t byte) const noexcept {
    auto request = request_for(F_WRLCK, byte, 1);
    if (::fcntl(fd, F_OFD_GETLK, &request) != 0 || request.l_type == F_UNLCK || request.l_pid < 0) {
        return std::nullopt;
    }
    return request.l_pid;
}

}  // namespace trustx
