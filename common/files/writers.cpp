// SPDX-License-Identifier: Apache-2.0
#include "common/files/writers.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::files {

Result<void> check_writers(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return cannot_read(path, errno_code());
    }
    return check_writers(path, found);
}

Result<void> check_writers(const std::string& path, const struct stat& found) {
    if (found.st_uid != 0 && found.st_uid != ::geteuid()) {
        return fail(InputErrc::refused, path + " belongs to user " + std::to_string(found.st_uid) +
                                            ", who may change it; give it to the user of this program, or to root");
    }
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(InputErrc::refused, "others may write to " + path + "; take that away by `chmod go-w`");
    }
    return {};
}

}  // namespace trustx::files
