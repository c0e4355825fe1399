// SPDX-License-Identifier: Apache-2.0
#include "handler/program_path.hpp"

#include "common/files/input_error.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

bool is_program(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

// in_path is empty where there is none.
std::string in_path(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream directories{path == nullptr ? "" : path};
    for (std::string directory; std::getline(directories, directory, ':');) {
        auto candidate = directory + "/" + name;
        if (directory.starts_with('/') && is_program(candidate)) {
            return candidate;
        }
    }
    return {};
}

trustx::Result<std::string> checked(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return trustx::fail(InputErrc::nothing_there, path + ": " + errno_code().message());
    }
    if (!is_program(path)) {
        return trustx::fail(InputErrc::refused, path + " is no program that may be run");
    }
    if ((found.st_mode & S_IWOTH) != 0) {
        return trustx::fail(InputErrc::refused, path + ": everybody may write to it; chmod o-w");
    }
    std::error_code failed;
    const auto whole = std::filesystem::absolute(path, failed);
    return failed ? trustx::fail(failed, path) : trustx::Result<std::string>{whole.string()};
}

}  // namespace

trustx::Result<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return checked(name);
    }
    const auto path = in_path(name);
    return path.empty() ? trustx::fail(InputErrc::nothing_there, "no directory of PATH has a program " + name)
                        : checked(path);
}

}  // namespace trustx::mqtt
