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
#include <sys/sysmacros.h>

namespace trustx {
namespace {

// The kernel's number for I2C adapters (I2C_MAJOR in include/linux/i2c-dev.h); the minor is the N of /dev/i2c-N.
constexpr unsigned i2c_major = 89;

std::string escaped(std::string path) {
    std::replace(path.begin(), path.end(), '/', '+');
    return path;
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved{::realpath(path.c_str(), nullptr), &std::free};
    return resolved ? std::string{resolved.get()} : path;
}

// Each container, mknod(1) and bind mount may give an adapter another path, but none another number.
std::string place_of(const BusAddress& address) {
    struct stat status {};
    const bool device = address.kind == BusAddress::Kind::linux_i2c && ::stat(address.path.c_str(), &status) == 0 &&
                        S_ISCHR(status.st_mode);
    return device ? device_path(status.st_rdev) : real_path(address.path);
}

// An ENOENT here is about the lock directory, not about the bus or socket that the remedy of ENOENT is about.
std::error_code lock_error() {
    switch (errno) {
        case ENOENT:
            return Errc::lock_directory_missing;
        case EACCES:
        case EPERM:
            return Errc::lock_directory_denied;
        case ENXIO:  // a socket (open(2)), and no chip that does not answer
            return errno_code(EINVAL);
        default:
            return errno_code();
    }
}

// Everybody may lock a chip that they can reach, hence the modes; the sticky bit keeps users from removing each other's
// files.
constexpr mode_t shared_directory = 01777;
constexpr mode_t shared_file = 0666;

constexpr int no_detours = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<Error> cannot_open_directory(const std::string& directory) {
    const auto code = lock_error();
    struct stat status {};
    const bool link = ::lstat(directory.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
    return fail(link ? make_error_code(Errc::lock_directory_refused) : code, "open the lock directory " + directory);
}

// The directory is made on demand where the package's tmpfiles.d entry has not made it. /run/lock is everybody's: what
// is there already may be anybody's work.
Result<UniqueFd> make_directory(const std::string& directory) {
    if (::mkdir(directory.c_str(), shared_directory) != 0 && errno != EEXIST) {
        return fail(lock_error(), "make the lock directory " + directory);
    }
    UniqueFd fd{::open(directory.c_str(), O_RDONLY | no_detours)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return cannot_open_directory(directory);
    }
    if (status.st_uid == ::geteuid()) {
        ::fchmod(fd.get(), shared_directory);  // mkdir applied the umask
    }
    return fd;
}

Result<UniqueFd> open_directory(const std::string& directory) {
    UniqueFd fd{::open(directory.c_str(), O_PATH | no_detours)};
    if (!fd && errno == ENOENT) {
        TRY(fd, make_directory(directory));
    }
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return cannot_open_directory(directory);
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return fail(Errc::lock_directory_refused, "open the lock directory " + directory + ", which belongs to user " +
                                                      std::to_string(status.st_uid));
    }
    return fd;
}

Result<UniqueFd> open_file(int directory, const std::string& name) {
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    // Without O_CREAT first: with it, Linux refuses to open other users' files in a sticky directory
    // (fs.protected_regular, proc_sys_fs(5)).
    for (int attempt = 0; attempt < 2; ++attempt) {
        UniqueFd fd{::openat(directory, name.c_str(), flags)};
        if (fd || errno != ENOENT) {
            return fd ? Result<UniqueFd>{std::move(fd)} : fail(lock_error(), "open the lock file");
        }
        fd = UniqueFd{::openat(directory, name.c_str(), flags | O_CREAT | O_EXCL, shared_file)};
        if (fd) {
            ::fchmod(fd.get(), shared_file);
            return fd;
        }
        if (errno != EEXIST) {
            return fail(lock_error(), "make the lock file");
        }
    }
    return fail(Errc::lock_directory_missing, "open the lock file");
}

}  // namespace

std::string device_path(dev_t number) {
    const std::string minor_number = std::to_string(minor(number));
    return major(number) == i2c_major ? "/dev/i2c-" + minor_number
                                      : "/dev/char/" + std::to_string(major(number)) + ":" + minor_number;
}

std::string lock_file_name(const BusAddress& address) {
    const bool adapter = address.kind == BusAddress::Kind::linux_i2c;
    const std::array<std::uint8_t, 1> target{address.target};
    return (adapter ? "i2c:" : "unix:") + escaped(place_of(address)) + "@" + to_hex(target) + ".lock";
}

Result<UniqueFd> open_lock_file(const std::string& directory, const std::string& name) {
    TRY(const auto there, open_directory(directory));
    auto opened = open_file(there.get(), name);
    const auto path = directory + "/" + name;
    if (!opened) {
        return fail(opened.error().code(), opened.error().operation() + " " + path);
    }
    struct stat status {};
    if (::fstat(opened->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(errno_code(EINVAL), "use " + path + " as a lock file");
    }
    if (status.st_nlink > 1) {
        // It is a file of somebody for something else, too, which would be overwritten.
        return fail(errno_code(EMLINK), "use " + path + " as a lock file");
    }
    return opened;
}

}  // namespace trustx
