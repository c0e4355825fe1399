// SPDX-License-Identifier: Apache-2.0
#include "usbip/tcp.hpp"

#include "common/try.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace trustx::sim::usbip {

namespace {

constexpr int keepalive_idle_seconds = 10;
constexpr int keepalive_interval_seconds = 5;
constexpr int keepalive_probes = 3;
constexpr unsigned unacknowledged_limit_ms = 30'000;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Result<Addresses> resolve(const Endpoint& endpoint, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found); code != 0) {
        return code == EAI_SYSTEM ? fail_with_errno("cannot use", endpoint.text())
                                  : fail("cannot use " + endpoint.text() + ": " + ::gai_strerror(code));
    }
    return Addresses{found, ::freeaddrinfo};
}

bool set(const UniqueFd& fd, int level, int option, int value) {
    return ::setsockopt(fd.get(), level, option, &value, sizeof value) == 0;
}

bool is_loopback(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in ip{};
        std::memcpy(&ip, &address, sizeof ip);
        return ntohl(ip.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    sockaddr_in6 ip{};
    std::memcpy(&ip, &address, sizeof ip);
    return IN6_IS_ADDR_LOOPBACK(&ip.sin6_addr);
}

Result<TcpListener> describe(UniqueFd fd, const Endpoint& asked) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::getsockname(fd.get(), generic, &size) != 0 ||
        ::getnameinfo(generic, size, host.data(), host.size(), port.data(), port.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return fail_with_errno("cannot learn the port of", asked.text());
    }
    return TcpListener{std::move(fd), Endpoint{host.data(), port.data()}, is_loopback(address)};
}

}  // namespace

std::string Endpoint::text() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + port;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    const auto port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    std::uint16_t number = 0;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool port_is_number = !port.empty() && parsed.ec == std::errc{} && parsed.ptr == port.data() + port.size();
    const bool ambiguous = !bracketed && host.find(':') != std::string_view::npos;
    if (host.empty() || !port_is_number || ambiguous) {
        return fail("\"" + std::string{text} +
                    "\" is not ADDR:PORT; write it as 127.0.0.1:3240, [::1]:3240, or with port "
                    "0 for any free one");
    }
    return Endpoint{std::string{host}, std::string{port}};
}

bool configure(const UniqueFd& connection) {
    return set(connection, IPPROTO_TCP, TCP_NODELAY, 1) && set(connection, SOL_SOCKET, SO_KEEPALIVE, 1) &&
           set(connection, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds) &&
           set(connection, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds) &&
           set(connection, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes) &&
           set(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(unacknowledged_limit_ms));
}

Result<TcpListener> listen_on(const Endpoint& endpoint) {
    TRY(const auto addresses, resolve(endpoint, AI_PASSIVE));
    int code = 0;
    for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
        UniqueFd fd{::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        if (fd && set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
            ::bind(fd.get(), address->ai_addr, address->ai_addrlen) == 0 && ::listen(fd.get(), SOMAXCONN) == 0) {
            return describe(std::move(fd), endpoint);
        }
        code = errno;
    }
    return fail_with_errno("cannot listen on", endpoint.text(), code);
}

}  // namespace trustx::sim::usbip
