// SPDX-License-Identifier: Apache-2.0
// Where the system is that is measured, and how its files are opened: never outside of it, whatever its symbolic links
// say.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trustx::attest {

// RunProgram gives what a program prints; tests replace it. Nothing: there is no such program.
using RunProgram = std::function<Result<std::optional<std::string>>(const std::vector<std::string>& words)>;

// Roots is this computer's system, or one below a directory: an image that is mounted there, or a test's.
struct Roots {
    std::string root = "/";
    std::string proc = "/proc";
    std::string sys = "/sys";

    // below has proc and sys in the directory, too.
    static Roots below(const std::string& directory);
    [[nodiscard]] bool is_this_system() const { return root == "/"; }
};

// open_below opens a path for reading, with the symbolic links on the way followed as if `top` were the root directory
// (RESOLVE_IN_ROOT of openat2(2)). Errors are the system's, without context.
Result<UniqueFd> open_below(const std::string& top, const std::string& path);

// read_below gives a whole file; nothing: there is none. InputErrc::unreadable, and malformed for one that is longer
// than the limit.
Result<std::optional<Bytes>> read_below(const std::string& top, const std::string& path, std::size_t limit);

// line_below is a file's first line.
Result<std::optional<std::string>> line_below(const std::string& top, const std::string& path);

}  // namespace trustx::attest
