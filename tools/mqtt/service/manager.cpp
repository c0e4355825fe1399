// SPDX-License-Identifier: Apache-2.0
#include "service/manager.hpp"

#include "common/io/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

namespace trustx::mqtt {
namespace {

// A notice has a field in each line, so a text has none.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr std::uint64_t million = 1'000'000;
    return static_cast<std::uint64_t>(now.tv_sec) * million + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

Manager::Manager() {
    std::uint64_t period = 0;
    if (::sd_watchdog_enabled(0, &period) > 0) {
        alive_within_ = std::chrono::microseconds{period / 2};
    }
}

bool Manager::ready(const std::string& status) {
    return tell("READY=1\nSTATUS=" + one_line(status));
}

void Manager::status(const std::string& text) {
    static_cast<void>(tell("STATUS=" + one_line(text)));
}

// notify-reload compares the time with that of its signal (sd_notify(3)).
void Manager::reloading() {
    static_cast<void>(tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds())));
}

void Manager::stopping() {
    static_cast<void>(tell("STOPPING=1"));
}

void Manager::alive() {
    static_cast<void>(tell("WATCHDOG=1"));
}

// sd_notify(3) waits for a manager that is busy or stopped, and with it everything here would.
bool Manager::tell(const std::string& notice) {
    const char* name = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    const std::string_view path{name == nullptr ? "" : name};
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return true;
    }
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    if (path.front() == '@') {
        address.sun_path[0] = '\0';  // an abstract one
    }
    const UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const auto sent = ::sendto(socket.get(), notice.data(), notice.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), size);
    return sent >= 0 || errno != EAGAIN;
}

}  // namespace trustx::mqtt
