// SPDX-License-Identifier: Apache-2.0
// The UDP socket of a connection. It is connected to one address: the kernel passes nothing from others, and reports
// what the network says about the way there (ICMP).
#pragma once

#include "common/io/unique_fd.hpp"
#include "dtls/server_name.hpp"

#include <trustx/dtls.hpp>

#include <memory>
#include <optional>

namespace trustx::cli {

// ServerSocket remembers how it failed: errno codes are those of the chip's bus, too, and only the socket can tell.
class ServerSocket final : public dtls::DatagramSocket {
 public:
    // open connects one that does not block. Error: PeerErrc::unreachable.
    static Result<std::unique_ptr<ServerSocket>> open(const SocketAddress& address);

    [[nodiscard]] Result<void> send(ByteView datagram, Deadline deadline) override;
    [[nodiscard]] Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override;
    [[nodiscard]] Result<void> wait(Deadline deadline) override;
    [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
    [[nodiscard]] std::uint64_t foreign() const noexcept override { return socket_->foreign(); }

    // heard says whether anything ever came from there.
    [[nodiscard]] bool heard() const { return heard_; }
    // explain turns an error into PeerErrc::unreachable where it is the socket's, and leaves all others.
    [[nodiscard]] Error explain(const Error& error) const;

 private:
    ServerSocket(UniqueFd fd, std::unique_ptr<dtls::DatagramSocket> socket, SocketAddress address)
        : fd_{std::move(fd)}, socket_{std::move(socket)}, address_{address} {}

    template <class T>
    Result<T> seen(Result<T> result);

    UniqueFd fd_;
    std::unique_ptr<dtls::DatagramSocket> socket_;
    SocketAddress address_;
    std::optional<std::error_code> failure_;
    bool heard_ = false;
};

}  // namespace trustx::cli
