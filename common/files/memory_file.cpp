// SPDX-License-Identifier: Apache-2.0
#include "common/files/memory_file.hpp"

#include "common/io/write_all.hpp"

#include <trustx/error.hpp>

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

namespace trustx::files {

Result<MemoryFile> MemoryFile::create(ByteView content) {
    UniqueFd file{::memfd_create("trustx", MFD_CLOEXEC)};
    if (!file) {
        return fail(errno_code(), "make a file in memory");
    }
    if (const auto error = io::write_all(file.get(), content)) {
        return fail(error, "write a file in memory");
    }
    return MemoryFile{std::move(file), content.size()};
}

MemoryFile::~MemoryFile() {
    if (file_ && ::lseek(file_.get(), 0, SEEK_SET) == 0) {
        static_cast<void>(io::write_all(file_.get(), Bytes(size_)));
    }
}

}  // namespace trustx::files
