// SPDX-License-Identifier: Apache-2.0
#include "input_file.hpp"

#include "common/try.hpp"
#include "file_descriptor.hpp"
#include "file_error.hpp"

#include <trustx/error.hpp>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

bool is_stdin(const std::string& path) {
    return path.empty() || path == "-";
}

Outcome<void> take_all(int descriptor, const std::string& name, const std::function<Outcome<void>(ByteView)>& take) {
    std::array<std::uint8_t, 4096> buffer{};
    for (;;) {
        const auto count = ::read(descriptor, buffer.data(), buffer.size());
        if (count == 0) {
            return {};
        }
        if (count < 0 && errno != EINTR) {
            return cannot_read(name, errno_code());
        }
        if (count > 0) {
            if (auto taken = take(ByteView{buffer}.first(static_cast<std::size_t>(count))); !taken) {
                return taken;
            }
        }
    }
}

}  // namespace

Outcome<void> for_each_piece(const std::string& path, const std::function<Outcome<void>(ByteView)>& take) {
    if (is_stdin(path)) {
        return take_all(STDIN_FILENO, input_name(path), take);
    }
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return cannot_read(path, errno_code());
    }
    return take_all(file.get(), path, take);
}

Outcome<Bytes> read_input(const std::string& path) {
    Bytes content;
    const auto append = [&content, &path](ByteView piece) -> Outcome<void> {
        content.insert(content.end(), piece.begin(), piece.end());
        if (content.size() > input_limit) {
            return give_up(ExitCode::file,
                           input_name(path) + " is longer than " + std::to_string(input_limit) +
                               " bytes, and nothing of that size belongs in the chip; is it the right file?");
        }
        return {};
    };
    TRYV(for_each_piece(path, append));
    return content;
}

std::string input_name(const std::string& path) {
    return is_stdin(path) ? "standard input" : path;
}

}  // namespace trustx::cli
