// SPDX-License-Identifier: Apache-2.0
#include "device/lock_file.hpp"

#include "common/try.hpp"

#include <trustx/bytes.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>

namespace trustx {
namespace {

std::string escaped(std::string path) {
    std::replace(path.begin(), path.end(), '/', '+');
    return path;
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved{::realpath(path.c_str(), nullptr), &std::free};
    return resolved ? std::string{resolved.get()} : path;
}

// An ENOENT here is about the lock directory, not about the bus or socket that the remedy of ENOENT is about.
std::error_code lock_error() {
    return errno == ENOENT ? make_error_code(Errc::lock_directory_missing) : errno_code();
}

// The directory is made on demand where the package's tmpfiles.d entry has not made it. Everybody may lock a chip that
// they can reach, hence the modes; the sticky bit keeps users from removing each other's files.
Result<void> make_directory(const std::string& directory) {
    constexpr mode_t shared_directory = 01777;
    if (::mkdir(directory.c_str(), shared_directory) == 0) {
        ::chmod(directory.c_str(), shared_directory);  // mkdir applied the umask
        return {};
    }
    if (errno == EEXIST) {
        return {};
    }
    return fail(lock_error(), "make the lock directory " + directory);
}

Result<UniqueFd> open_file(const std::string& path) {
    constexpr mode_t shared_file = 0666;
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    // Without O_CREAT first: with it, Linux refuses to open other users' files in a sticky directory
    // (fs.protected_regular, proc_sys_fs(5)).
    for (int attempt = 0; attempt < 2; ++attempt) {
        UniqueFd fd{::open(path.c_str(), flags)};
        if (fd || errno != ENOENT) {
            return fd ? Result<UniqueFd>{std::move(fd)} : fail(lock_error(), "open the lock file " + path);
        }
        fd = UniqueFd{::open(path.c_str(), flags | O_CREAT | O_EXCL, shared_file)};
        if (fd) {
            ::fchmod(fd.get(), shared_file);
            return fd;
        }
        if (errno != EEXIST) {
            return fail(lock_error(), "make the lock file " + path);
        }
    }
    return fail(Errc::lock_directory_missing, "open the lock file " + path);
}

}  // namespace

std::string lock_file_name(const BusAddress& address) {
    const bool adapter = address.kind == BusAddress::Kind::linux_i2c;
    const std::array<std::uint8_t, 1> target{address.target};
    return (adapter ? "i2c:" : "unix:") + escaped(real_path(address.path)) + "@" + to_hex(target) + ".lock";
}

Result<UniqueFd> open_lock_file(const std::string& directory, const std::string& path) {
    TRYV(make_directory(directory));
    return open_file(path);
}

}  // namespace trustx
