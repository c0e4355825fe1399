// SPDX-License-Identifier: Apache-2.0
#include "base/root_directory.hpp"

#include <cerrno>

#include <sys/stat.h>

namespace trustx {
namespace {

struct Directory {
    dev_t device = 0;
    ino_t inode = 0;

    friend bool operator==(const Directory&, const Directory&) = default;
};

Directory root_now() noexcept {
    struct stat status {};
    return ::stat("/", &status) == 0 ? Directory{.device = status.st_dev, .inode = status.st_ino} : Directory{};
}

constinit Directory root_when_loaded{};

[[gnu::constructor]] void remember_root() {
    root_when_loaded = root_now();
}

}  // namespace

bool root_changed() noexcept {
    return root_now() != root_when_loaded;
}

Error explained_by_root(Error error) {
    const bool not_found = error == errno_code(ENOENT) || error == errno_code(ENOTDIR) ||
                           error == make_error_code(Errc::lock_directory_missing);
    return not_found && root_changed() ? Error{Errc::root_changed, error.operation()} : error;
}

}  // namespace trustx
