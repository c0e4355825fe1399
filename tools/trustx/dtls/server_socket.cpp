// SPDX-License-Identifier: Apache-2.0
#include "dtls/server_socket.hpp"

#include "common/try.hpp"
#include "dtls/peer_error.hpp"

#include <cerrno>
#include <utility>

namespace trustx::cli {
namespace {

Error no_way(const SocketAddress& address, const std::error_code& code) {
    const auto nobody = code == std::error_code{ECONNREFUSED, std::system_category()};
    return Error{PeerErrc::unreachable,
                 (nobody ? "nobody listens at " : "no way leads to ") + address.text() + ": " + code.message() +
                     (nobody ? "; check the port, that it is one of UDP, and that the server runs"
                             : "; check the address, and the network of this computer")};
}

}  // namespace

Result<std::unique_ptr<ServerSocket>> ServerSocket::open(const SocketAddress& address) {
    UniqueFd fd{::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    // connect(2) takes the addresses of all families as this one.
    const auto* const any = reinterpret_cast<const sockaddr*>(&address.storage);
    if (!fd || ::connect(fd.get(), any, address.size) != 0) {
        return tl::make_unexpected(no_way(address, errno_code()));
    }
    TRY(auto socket, dtls::use_udp_socket(fd.get()));
    return std::unique_ptr<ServerSocket>{new ServerSocket{std::move(fd), std::move(socket), address}};
}

template <class T>
Result<T> ServerSocket::seen(Result<T> result) {
    if (!result) {
        failure_ = result.error().code();
    }
    return result;
}

Result<void> ServerSocket::send(ByteView datagram, Deadline deadline) {
    return seen(socket_->send(datagram, deadline));
}

Result<std::optional<std::size_t>> ServerSocket::receive(std::span<std::uint8_t> buffer) {
    auto received = seen(socket_->receive(buffer));
    heard_ = heard_ || (received && received->has_value());
    return received;
}

Result<void> ServerSocket::wait(Deadline deadline) {
    return seen(socket_->wait(deadline));
}

Error ServerSocket::explain(const Error& error) const {
    return failure_ && error == *failure_ ? no_way(address_, *failure_) : error;
}

}  // namespace trustx::cli
