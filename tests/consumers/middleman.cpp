// SPDX-License-Identifier: Apache-2.0
#include "middleman.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace trustx::test {
namespace {

sockaddr_in on_loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = port;
    return address;
}

const sockaddr* any(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

void must(bool done, const char* what) {
    if (!done) {
        throw std::system_error(errno, std::system_category(), what);
    }
}

}  // namespace

Middleman::Middleman(const std::string& server_port)
    : front_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
      back_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
      stop_{::eventfd(0, EFD_CLOEXEC)} {
    const auto here = on_loopback(0);
    const auto server = on_loopback(htons(static_cast<std::uint16_t>(std::stoi(server_port))));
    must(::bind(front_.get(), any(here), sizeof here) == 0, "bind");
    must(::connect(back_.get(), any(server), sizeof server) == 0, "connect");
    thread_ = std::thread{[this] { pass_on(); }};
}

Middleman::~Middleman() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

std::string Middleman::port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    must(::getsockname(front_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    return std::to_string(ntohs(address.sin_port));
}

void Middleman::forge(int count) {
    const auto client = on_loopback(static_cast<std::uint16_t>(client_.load()));
    if (client.sin_port == 0) {
        throw std::logic_error("there is no client yet");
    }
    // Application data of epoch 1 with a number that is still to come, and what nobody encrypted.
    std::array<std::uint8_t, 13 + 40> record{0x17, 0xFE, 0xFD, 0x00, 0x01, 0x00, 0x00,
                                             0x00, 0x00, 0x01, 0x00, 0x00, 40};
    for (int i = 0; i < count; ++i) {
        record[10] = static_cast<std::uint8_t>(i);
        must(::sendto(front_.get(), record.data(), record.size(), 0, any(client), sizeof client) > 0, "sendto");
    }
}

void Middleman::pass_on() {
    std::array<std::uint8_t, 2048> datagram{};
    for (;;) {
        std::array<pollfd, 3> polled{pollfd{stop_.get(), POLLIN, 0}, pollfd{front_.get(), POLLIN, 0},
                                     pollfd{back_.get(), POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), -1) < 0 || polled[0].revents != 0) {
            return;
        }
        if (polled[1].revents != 0) {
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const auto got = ::recvfrom(front_.get(), datagram.data(), datagram.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &size);
            client_ = from.sin_port;
            static_cast<void>(
                ::send(back_.get(), datagram.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)), 0));
        }
        if (polled[2].revents != 0) {
            const auto got = ::recv(back_.get(), datagram.data(), datagram.size(), 0);
            const auto client = on_loopback(static_cast<std::uint16_t>(client_.load()));
            static_cast<void>(::sendto(front_.get(), datagram.data(),
                                       static_cast<std::size_t>(std::max<ssize_t>(got, 0)), 0, any(client),
                                       sizeof client));
        }
    }
}

}  // namespace trustx::test
