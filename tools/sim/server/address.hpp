// SPDX-License-Identifier: Apache-2.0
// Addresses of the form unix:/path, and the sockets behind them.
#pragma once

#include "common/io/unique_fd.hpp"
#include "model/base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace trustx::sim {

// parse_address takes "unix:/path" and, as hosts write it, "unix:/path@0x30". The error is a sentence.
Result<std::filesystem::path> parse_address(std::string_view text);

// control_path is the path of the control socket of a bus socket.
std::filesystem::path control_path(const std::filesystem::path& bus_path);

// connect_to gives a connected stream socket. The error names the path and the reason.
Result<UniqueFd> connect_to(const std::filesystem::path& path);

// ListeningSocket listens on a path and removes it at the end, if it is then still its own.
class ListeningSocket {
 public:
    enum class Access { by_umask, owner_only };

    // listen replaces a socket whose program has ended, and nothing else.
    static Result<ListeningSocket> listen(const std::filesystem::path& path, Access access);
    ~ListeningSocket();
    ListeningSocket(ListeningSocket&&) noexcept = default;
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    [[nodiscard]] int fd() const { return fd_.get(); }

 private:
    ListeningSocket(UniqueFd fd, std::filesystem::path path) : fd_{std::move(fd)}, path_{std::move(path)} {}

    UniqueFd fd_;
    std::filesystem::path path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace trustx::sim
