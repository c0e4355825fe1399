// SPDX-License-Identifier: Apache-2.0
#include "server/address.hpp"

#include "common/try.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace trustx::sim {

namespace {

constexpr std::string_view scheme = "unix:";

Result<sockaddr_un> socket_address(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = path.native();
    if (name.size() >= sizeof address.sun_path) {
        return fail("the path of a socket must be shorter than " + std::to_string(sizeof address.sun_path) +
                    " bytes: " + name);
    }
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    return address;
}

int call_connect(const UniqueFd& fd, const sockaddr_un& address) {
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int call_bind(const UniqueFd& fd, const sockaddr_un& address, ListeningSocket::Access access) {
    const bool private_socket = access == ListeningSocket::Access::owner_only;
    const mode_t before = private_socket ? ::umask(0177) : mode_t{};
    const int result = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int code = errno;
    if (private_socket) {
        ::umask(before);
    }
    errno = code;
    return result;
}

// remove_stale removes a socket on which nothing listens.
Result<void> remove_stale(const std::filesystem::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<void>{} : fail_with_errno("cannot examine", path.native());
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail(path.string() + " exists and is not a socket; choose another path");
    }
    if (connect_to(path)) {
        return fail("something already listens on unix:" + path.string() +
                    "; stop it (another trustx-sim?) or choose another path");
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return fail_with_errno("cannot remove the stale socket", path.native());
    }
    return {};
}

}  // namespace

Result<std::filesystem::path> parse_address(std::string_view text) {
    const bool has_scheme = text.substr(0, scheme.size()) == scheme;
    std::string_view path = has_scheme ? text.substr(scheme.size()) : std::string_view{};
    const auto at = path.rfind("@0x");
    if (at != std::string_view::npos && path.find('/', at) == std::string_view::npos) {
        path = path.substr(0, at);
    }
    if (path.empty()) {
        return fail("\"" + std::string{text} + "\" is not an address of a simulator; write it as unix:/path/to/socket");
    }
    const std::filesystem::path socket{path};
    TRYV(socket_address(control_path(socket)));  // the longer one of the two
    return socket;
}

std::filesystem::path control_path(const std::filesystem::path& bus_path) {
    return bus_path.native() + ".ctl";
}

Result<UniqueFd> connect_to(const std::filesystem::path& path) {
    TRY(const sockaddr_un address, socket_address(path));
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd || call_connect(fd, address) != 0) {
        return fail_with_errno("cannot connect to", path.native());
    }
    return fd;
}

Result<ListeningSocket> ListeningSocket::listen(const std::filesystem::path& path, Access access) {
    TRY(const sockaddr_un address, socket_address(path));
    // Two simulators that start at once must not both find the same stale socket: the lock makes one wait for the
    // other.
    const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const UniqueFd turn{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!turn || ::flock(turn.get(), LOCK_EX) != 0) {
        return fail_with_errno("cannot use the directory", directory.native());
    }
    TRYV(remove_stale(path));
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd || call_bind(fd, address, access) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
        return fail_with_errno("cannot listen on", path.native());
    }
    ListeningSocket socket{std::move(fd), path};
    if (struct stat status{}; ::lstat(path.c_str(), &status) == 0) {
        socket.device_ = status.st_dev;
        socket.inode_ = status.st_ino;
    }
    return socket;
}

ListeningSocket::~ListeningSocket() {
    struct stat status {};
    const bool ours =
        fd_ && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
    if (ours) {
        ::unlink(path_.c_str());
    }
}

}  // namespace trustx::sim
