// SPDX-License-Identifier: Apache-2.0
#include "dtls/server_name.hpp"

#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"
#include "dtls/peer_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace trustx::cli {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;

bool is_port(const std::string& text) {
    std::uint16_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc{} && read.ptr == end && number > 0;
}

// Answer is what the thread leaves; it may outlive the one that waits.
struct Answer {
    std::mutex mutex;
    std::optional<Addresses> addresses;
    UniqueFd arrived{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

// wait_for_one says which of the two is readable, or -1 when neither is in time.
int wait_for_one(int first, int second, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        std::array<pollfd, 2> polled{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
        const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (ready > 0) {
            return polled[0].revents != 0 ? first : second;
        }
        if (ready == 0) {
            return -1;
        }
    }
}

std::string name_of(const ServerName& server) {
    return text::printable(server.host);
}

}  // namespace

std::string ServerName::text() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

Result<ServerName> parse_server_name(const std::string& text) {
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    auto port = colon == std::string::npos ? std::string{} : text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.empty() || !is_port(port) || (!bracketed && host.find_first_of("[]:") != std::string::npos) ||
        host.find('\0') != std::string::npos) {
        return fail(InputErrc::usage, "`" + text::printable(text) +
                                          "` names no server: write HOST:PORT, such as server.example:5684, "
                                          "192.0.2.1:5684 or [2001:db8::1]:5684");
    }
    return ServerName{.host = std::move(host), .port = std::move(port)};
}

std::string SocketAddress::text() const {
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    // The bytes are those of a sockaddr; a copy keeps to the rules of the language.
    sockaddr_storage copy = storage;
    if (::getnameinfo(reinterpret_cast<sockaddr*>(&copy), size, host.data(), host.size(), port.data(), port.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return "?";
    }
    return ServerName{.host = host.data(), .port = port.data()}.text();
}

Addresses ask_system(const ServerName& server, Families families) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_family = families == Families::ipv4 ? AF_INET : families == Families::ipv6 ? AF_INET6 : AF_UNSPEC;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &found); code != 0) {
        return fail(PeerErrc::name_not_found,
                    "the name " + name_of(server) + " cannot be looked up: " +
                        (code == EAI_SYSTEM ? std::system_category().message(errno) : ::gai_strerror(code)) +
                        "; check its spelling, and the name servers of this computer");
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
    std::vector<SocketAddress> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        SocketAddress address;
        address.size = std::min<socklen_t>(entry->ai_addrlen, sizeof address.storage);
        std::memcpy(&address.storage, entry->ai_addr, address.size);
        addresses.push_back(address);
    }
    return addresses;
}

Addresses look_up(const ServerName& server, Families families, std::chrono::milliseconds time, int interrupt,
                  LookUp ask) {
    auto answer = std::make_shared<Answer>();
    std::thread{[answer, server, families, ask = std::move(ask)] {
        auto addresses = ask(server, families);
        const std::scoped_lock lock{answer->mutex};
        answer->addresses = std::move(addresses);
        ::eventfd_write(answer->arrived.get(), 1);
    }}.detach();
    const int ready = wait_for_one(answer->arrived.get(), interrupt, time);
    if (ready == -1) {
        return fail(PeerErrc::name_not_found, "the name " + name_of(server) + " was not looked up within " +
                                                  std::to_string(time.count() / 1000) +
                                                  " s; check the name servers of this computer, or give the address");
    }
    if (ready != answer->arrived.get()) {
        return fail(PeerErrc::interrupted, "interrupted");
    }
    const std::scoped_lock lock{answer->mutex};
    return std::move(*answer->addresses);
}

}  // namespace trustx::cli
