// SPDX-License-Identifier: Apache-2.0
#include "common/files/input_file.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"

#include <trustx/error.hpp>
#include <trustx/secret.hpp>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace trustx::files {
namespace {

// Standard input: a person may type it.
constexpr std::chrono::milliseconds no_limit{-1};

bool is_stdin(const std::string& path) {
    return path == "-";
}

// Pieces are on the stack, and may be of a key: they are wiped.
struct Piece {
    Piece() = default;
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;
    ~Piece() { wipe(bytes.data(), bytes.size()); }
    std::array<std::uint8_t, 4096> bytes{};
};

// A pipe in place of a file may have nobody who ever writes to it..
Result<void> wait_readable(int descriptor, const std::string& name, std::chrono::milliseconds patience) {
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    for (;;) {
        const auto ready = ::poll(&wanted, 1, static_cast<int>(patience.count()));
        if (ready > 0) {
            return {};
        }
        if (ready == 0) {
            return fail(InputErrc::unreadable,
                        "cannot read " + name + ": it is no regular file, and nothing came from it for " +
                            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) + " s");
        }
        if (errno != EINTR) {
            return cannot_read(name, errno_code());
        }
    }
}

Result<void> take_all(int descriptor, const std::string& name, const std::function<Result<void>(ByteView)>& take,
                      std::chrono::milliseconds patience) {
    Piece piece;
    auto& buffer = piece.bytes;
    for (;;) {
        TRYV(wait_readable(descriptor, name, patience));
        const auto count = ::read(descriptor, buffer.data(), buffer.size());
        if (count == 0) {
            return {};
        }
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            return cannot_read(name, errno_code());
        }
        if (count > 0) {
            TRYV(take(ByteView{buffer}.first(static_cast<std::size_t>(count))));
        }
    }
}

}  // namespace

Result<void> for_each_piece(const std::string& path, const std::function<Result<void>(ByteView)>& take,
                            std::chrono::milliseconds patience) {
    if (path.empty()) {
        return fail(InputErrc::usage, "a file to read needs a name; `-` is standard input");
    }
    if (is_stdin(path)) {
        return take_all(STDIN_FILENO, input_name(path), take, no_limit);
    }
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) {
        return cannot_read(path, errno_code());
    }
    return take_all(file.get(), path, take, patience);
}

Result<Bytes> read_input(const std::string& path) {
    Bytes content;
    const auto append = [&content, &path](ByteView piece) -> Result<void> {
        content.insert(content.end(), piece.begin(), piece.end());
        if (content.size() > input_limit) {
            return fail(InputErrc::malformed,
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

}  // namespace trustx::files
