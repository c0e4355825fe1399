// SPDX-License-Identifier: Apache-2.0
#include "jobs/handlers.hpp"

#include "common/files/input_error.hpp"
#include "common/files/writers.hpp"
#include "common/try.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
constexpr std::string_view letters_and_digits = of_names.substr(0, 62);

struct Free {
    void operator()(char* text) const noexcept { std::free(text); }  // NOLINT: what realpath(3) gives
};

// absolute: a job may be done long after the start, and a program found by PATH would be another.
trustx::Result<std::string> absolute(const std::string& path) {
    const std::unique_ptr<char, Free> resolved{::realpath(path.c_str(), nullptr)};
    if (!resolved) {
        return trustx::fail(InputErrc::unreadable, path + ": " + errno_code().message());
    }
    return std::string{resolved.get()};
}

trustx::Result<struct stat> look_at(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return trustx::fail(errno_code(), "look at " + path);
    }
    return found;
}

// is_trusted: a program that a symbolic link leads to counts, and so does the directory in which that is.
bool is_trusted(const std::string& path, const struct stat& found) {
    const auto program = absolute(path);
    return program && files::check_writers(*program, found) &&
           files::check_writers(program->substr(0, program->rfind('/') + 1));
}

}  // namespace

bool is_operation(std::string_view name) {
    return !name.empty() && name.size() <= 64 && letters_and_digits.find(name.front()) != std::string_view::npos &&
           name.find_first_not_of(of_names) == std::string_view::npos;
}

trustx::Result<HandlerDirectory> HandlerDirectory::open(const std::string& path) {
    TRY(auto whole, absolute(path));
    TRY(const auto found, look_at(whole));
    if (!S_ISDIR(found.st_mode)) {
        return trustx::fail(InputErrc::unreadable, path + " is no directory");
    }
    TRYV(files::check_writers(whole, found));
    return HandlerDirectory{std::move(whole)};
}

trustx::Result<std::string> HandlerDirectory::find(const std::string& operation) const {
    if (!is_operation(operation)) {
        return trustx::fail(errno_code(EINVAL), "find the handler of an operation by a name that is none");
    }
    auto path = path_ + "/" + operation;
    TRY(const auto found, look_at(path));
    if (!S_ISREG(found.st_mode) || ::access(path.c_str(), X_OK) != 0 || !is_trusted(path, found)) {
        return trustx::fail(errno_code(EACCES), "use " + path + " as a handler");
    }
    return path;
}

}  // namespace trustx::mqtt
