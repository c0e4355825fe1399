// SPDX-License-Identifier: Apache-2.0
#include "input_file.hpp"

#include "file_descriptor.hpp"
#include "file_error.hpp"

#include <trustx/error.hpp>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

Outcome<Bytes> read_all(int descriptor, const std::string& name) {
    Bytes content;
    std::array<std::uint8_t, 4096> buffer{};
    while (content.size() <= input_limit) {
        const auto count = ::read(descriptor, buffer.data(), buffer.size());
        if (count == 0) {
            return content;
        }
        if (count < 0 && errno != EINTR) {
            return cannot_read(name, errno_code());
        }
        if (count > 0) {
            content.insert(content.end(), buffer.begin(), buffer.begin() + count);
        }
    }
    return give_up(ExitCode::file, name + " is longer than " + std::to_string(input_limit) +
                                       " bytes, and nothing of that size belongs in the chip; is it the right file?");
}

bool is_stdin(const std::string& path) {
    return path.empty() || path == "-";
}

}  // namespace

Outcome<Bytes> read_input(const std::string& path) {
    if (is_stdin(path)) {
        return read_all(STDIN_FILENO, input_name(path));
    }
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return cannot_read(path, errno_code());
    }
    return read_all(file.get(), path);
}

std::string input_name(const std::string& path) {
    return is_stdin(path) ? "standard input" : path;
}

}  // namespace trustx::cli
