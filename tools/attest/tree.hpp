// SPDX-License-Identifier: Apache-2.0
// A file or a directory measured: the same digest for the same content, whatever order the file system has.
//
// The digest of a regular file is SHA-256 of its content. That of a directory is SHA-256 of a text with a line for
// itself and for each entry below it, sorted by the bytes of its path:
//
//     d 0755 - .
//     d 0755 - bin
//     f 0755 <SHA-256 of the content> bin/program
//     f 0755+0100000200200000000000000000000000000000 <SHA-256 of the content> bin/ping
//     l 0777 <SHA-256 of the target> lib/current
//     c 0666 1:3 null
//     b 0660 8:0 sda
//
// with the mode's twelve bits in octal; behind them, for a file that has capabilities, the value of its extended
// attribute security.capability in hexadecimal; major and minor number of a device; and in paths `\\` for a backslash
// and `\x0A` for a byte that is not printable. Links are entries and are not followed. Other file systems that are
// mounted below are not entered. Sockets and FIFOs have no content and come and go: they are counted, and are no
// entries. Owners and times are not measured.
#pragma once

#include "attest/digest.hpp"
#include "attest/roots.hpp"

#include <trustx/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::attest {

// TreeLimits end a measurement that would not end; what is larger is an error, and never left out.
struct TreeLimits {
    std::uint64_t bytes = std::uint64_t{4} << 30;  // of all files together
    std::size_t entries = 100000;
    int depth = 64;  // of directories
};

// Entries are paths, in the form of the line, with what the line says in front of them: "f 0755 <digest>".
using Entries = std::map<std::string, std::string>;

struct Tree {
    Digest digest{};
    bool directory = false;
    std::string mode{};           // of the file or directory itself: "0755", with its capabilities as above
    Entries entries{};            // of a directory
    std::size_t passed_over = 0;  // sockets, FIFOs, other file systems
};

// measure measures a path below `top`; nothing: there is none. Symbolic links that lead to it are followed inside
// `top`. without are names of entries at the top of a directory that are left out. InputErrc::unreadable where
// something cannot be read, refused for what is neither file nor directory, and beyond the limits.
Result<std::optional<Tree>> measure(const std::string& top, const std::string& path, const TreeLimits& limits = {},
                                    const std::vector<std::string>& without = {});

// digest_of is the digest of a directory with these entries.
Digest digest_of(const Entries& entries);

}  // namespace trustx::attest
