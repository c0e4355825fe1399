// SPDX-License-Identifier: Apache-2.0
// A file in memory, for libraries that take nothing but file names: no file system has its name, nobody else's process
// can open it, and it ends with its owner. Like all memory it may be swapped out.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstddef>
#include <string>

namespace trustx::files {

// MemoryFile is wiped when it is destroyed.
class MemoryFile {
 public:
    // create gives a file with this content (memfd_create(2)). Errors are the system's.
    static Result<MemoryFile> create(ByteView content);

    MemoryFile(MemoryFile&& other) noexcept = default;
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile();

    // path opens it in this process, as often as wanted.
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
    MemoryFile(UniqueFd file, std::size_t size) : file_{std::move(file)}, size_{size} {}

    UniqueFd file_;
    std::size_t size_ = 0;
};

}  // namespace trustx::files
