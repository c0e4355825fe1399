// SPDX-License-Identifier: Apache-2.0
#include "setup/closed_path.hpp"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

bool is_closed(const fs::path& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) != 0 && errno == EACCES;
}

// closed_directory is the first on the way to the file that lets nobody of this user's kind through; empty: none.
fs::path closed_directory(const fs::path& file) {
    fs::path directory;
    for (const auto& name : file.parent_path()) {
        directory /= name;
        if (is_closed(directory, X_OK)) {
            return directory;
        }
    }
    return {};
}

std::string this_user() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : "this user";
}

}  // namespace

// No command that opens the file to everybody: it may be another one than was meant, and hold a secret.
std::string remedy_for_reading(const std::string& path, const std::string& otherwise) {
    std::error_code ignored;
    const auto file = fs::absolute(path, ignored);
    if (!is_closed(file, R_OK)) {
        return otherwise;
    }
    const std::string no_secret = " (key files that trustx made, and certificates, hold no secret)";
    const auto directory = closed_directory(file);
    return directory.empty() ? "let " + this_user() + " read it" + no_secret
                             : directory.string() + " is closed to " + this_user() +
                                   ": put the file where that user may read it, such as /etc/trustx" + no_secret;
}

}  // namespace trustx::cli
