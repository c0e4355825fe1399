// SPDX-License-Identifier: Apache-2.0
#include "file_descriptor.hpp"

#include <trustx/error.hpp>

#include <cerrno>

#include <unistd.h>

namespace trustx::cli {

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::error_code FileDescriptor::close() {
    return ::close(std::exchange(descriptor_, -1)) == 0 ? std::error_code{} : errno_code();
}

std::error_code write_all(int descriptor, ByteView bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return errno_code();
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace trustx::cli
