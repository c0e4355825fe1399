// SPDX-License-Identifier: Apache-2.0
#include "attest/roots.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace trustx::attest {
namespace {

constexpr int reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string without_slashes(const std::string& path) {
    const auto begin = path.find_first_not_of('/');
    return begin == std::string::npos ? "." : path.substr(begin);
}

std::string shown(const std::string& top, const std::string& path) {
    return top == "/" ? path : top + path;
}

}  // namespace

Roots Roots::below(const std::string& directory) {
    return {.root = directory, .proc = directory + "/proc", .sys = directory + "/sys"};
}

Result<UniqueFd> open_below(const std::string& top, const std::string& path) {
    const UniqueFd directory{::open(top.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) {
        return fail(errno_code());
    }
    struct open_how how {};
    how.flags = static_cast<std::uint64_t>(reading);
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const auto inside = without_slashes(path);
    auto fd = static_cast<int>(::syscall(SYS_openat2, directory.get(), inside.c_str(), &how, sizeof how));
    // Kernels before 5.6, and services that may make no set-user-ID files (RestrictSUIDSGID of systemd.exec(5) forbids
    // the call). In this system's own root there is nothing to escape from.
    const Roots usual;
    const bool this_system = top == "/" || top == usual.proc || top == usual.sys;
    if (fd < 0 && (errno == ENOSYS || errno == EPERM) && this_system) {
        fd = ::openat(directory.get(), inside.c_str(), reading);
    }
    if (fd < 0) {
        return fail(errno_code());
    }
    return UniqueFd{fd};
}

Result<std::optional<Bytes>> read_below(const std::string& top, const std::string& path, std::size_t limit) {
    auto file = open_below(top, path);
    if (!file) {
        const auto code = file.error().code();
        if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
            return std::optional<Bytes>{};
        }
        return files::cannot_read(shown(top, path), code);
    }
    Bytes content;
    std::array<std::uint8_t, 16384> piece{};
    for (;;) {
        const auto count = ::read(file->get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return files::cannot_read(shown(top, path), errno_code());
        }
        if (count == 0) {
            return std::optional{std::move(content)};
        }
        content.insert(content.end(), piece.begin(), piece.begin() + count);
        if (content.size() > limit) {
            return fail(InputErrc::malformed, shown(top, path) + " is longer than " + std::to_string(limit) + " bytes");
        }
    }
}

Result<std::optional<std::string>> line_below(const std::string& top, const std::string& path) {
    constexpr std::size_t longest = std::size_t{64} * 1024;
    TRY(const auto content, read_below(top, path, longest));
    if (!content) {
        return std::optional<std::string>{};
    }
    const auto text = text::as_text(*content);
    return std::optional{std::string{text.substr(0, text.find('\n'))}};
}

}  // namespace trustx::attest
