// SPDX-License-Identifier: Apache-2.0
// A file descriptor with an owner, and writing to it until everything is written.
#pragma once

#include <trustx/bytes.hpp>

#include <system_error>
#include <utility>

namespace trustx::cli {

// FileDescriptor closes what it holds. -1 is nothing.
class FileDescriptor {
 public:
    FileDescriptor() = default;
    explicit FileDescriptor(int descriptor) : descriptor_{descriptor} {}
    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileDescriptor();

    [[nodiscard]] int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

    // close reports what the file system kept back until then.
    [[nodiscard]] std::error_code close();

 private:
    int descriptor_ = -1;
};

// write_all writes until everything is written or something fails.
[[nodiscard]] std::error_code write_all(int descriptor, ByteView bytes);

}  // namespace trustx::cli
