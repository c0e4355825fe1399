// SPDX-License-Identifier: Apache-2.0
// A server as the user names it, HOST:PORT, and the addresses behind the name.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <functional>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace trustx::cli {

struct ServerName {
    std::string host;
    std::string port;  // a number, 1 to 65535

    [[nodiscard]] std::string text() const;  // "[::1]:5684"
};

// parse_server_name reads host:port; an IPv6 address stands in brackets. Error: InputErrc::usage.
Result<ServerName> parse_server_name(const std::string& text);

// SocketAddress is one that a socket can be connected to.
struct SocketAddress {
    sockaddr_storage storage = {};
    socklen_t size = 0;

    [[nodiscard]] std::string text() const;  // "127.0.0.1:5684", "[::1]:5684"
    [[nodiscard]] int family() const { return storage.ss_family; }
};

// Families are those that are wanted.
enum class Families { any, ipv4, ipv6 };

// LookUp asks the system, for as long as that takes.
using LookUp = std::function<Result<std::vector<SocketAddress>>(const ServerName& server, Families families)>;

// ask_system is getaddrinfo(3). Error: PeerErrc::name_not_found.
Result<std::vector<SocketAddress>> ask_system(const ServerName& server, Families families);

// look_up asks in a thread of its own, because nothing ends a look-up: one that is not done in time is left behind. It
// also ends when `interrupt` becomes readable; -1: nothing interrupts. Errors: those of `ask`;
// PeerErrc::name_not_found when the time is up; PeerErrc::interrupted.
Result<std::vector<SocketAddress>> look_up(const ServerName& server, Families families, std::chrono::milliseconds time,
                                           int interrupt, LookUp ask = ask_system);

}  // namespace trustx::cli
