// SPDX-License-Identifier: Apache-2.0
#include "socket_client.hpp"

#include "support/golden.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace trustx::test {

namespace {

std::string header(unsigned op, unsigned address, std::size_t length) {
    sim::Bytes bytes{static_cast<std::uint8_t>(op), static_cast<std::uint8_t>(address)};
    sim::append_u16(bytes, length);
    return to_hex(bytes);
}

}  // namespace

SocketClient::SocketClient(const std::filesystem::path& path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
    }
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

SocketClient::~SocketClient() {
    ::close(fd_);
}

void SocketClient::send(const std::string& hex) {
    const auto bytes = from_hex(hex);
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error("send: " + std::string(std::strerror(errno)));
    }
}

std::string SocketClient::receive(std::size_t count) {
    sim::Bytes bytes(count);
    if (count > 0 && ::recv(fd_, bytes.data(), count, MSG_WAITALL) != static_cast<ssize_t>(count)) {
        throw std::runtime_error("no answer, or half an answer");
    }
    return to_hex(bytes);
}

std::string SocketClient::response() {
    const std::string start = receive(3);
    const auto bytes = from_hex(start);
    return start + receive(static_cast<std::size_t>(bytes[1] << 8U | bytes[2]));
}

bool SocketClient::closed_by_server() {
    std::uint8_t byte = 0;
    return ::recv(fd_, &byte, 1, 0) == 0;
}

void SocketClient::finish_sending() {
    ::shutdown(fd_, SHUT_WR);
}

sim::Transfer SocketTarget::write(std::uint8_t address, sim::ByteView bytes) {
    const auto response = from_hex(client_.ask(header(1, address, bytes.size()) + to_hex(bytes)));
    return {static_cast<sim::TransferStatus>(response[0]), sim::Duration::zero()};
}

sim::Transfer SocketTarget::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    const auto response = from_hex(client_.ask(header(2, address, bytes.size())));
    if (response[0] == 0) {
        std::copy(response.begin() + 3, response.end(), bytes.begin());
    }
    return {static_cast<sim::TransferStatus>(response[0]), sim::Duration::zero()};
}

sim::Duration SocketTarget::pulse_reset() {
    static_cast<void>(client_.ask("03000000"));
    return sim::Duration::zero();
}

sim::Duration SocketTarget::power_cycle() {
    static_cast<void>(client_.ask("04000000"));
    return sim::Duration::zero();
}

}  // namespace trustx::test
