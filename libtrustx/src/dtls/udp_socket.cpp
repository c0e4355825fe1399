// SPDX-License-Identifier: Apache-2.0
// A UDP socket of the caller's, connected or not.
#include "common/no_cancellation.hpp"
#include "common/try.hpp"

#include <trustx/dtls.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace trustx::dtls {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    template <class Specific>
    [[nodiscard]] Specific as() const noexcept {
        Specific specific{};
        std::memcpy(&specific, &storage, sizeof specific);
        return specific;
    }
};

// A peer that is given without a scope is the same in each.
bool same_scope(std::uint32_t one, std::uint32_t other) {
    return one == other || one == 0 || other == 0;
}

bool same(const Address& one, const Address& other) {
    if (one.storage.ss_family != other.storage.ss_family) {
        return false;
    }
    switch (one.storage.ss_family) {
        case AF_INET: {
            const auto left = one.as<sockaddr_in>();
            const auto right = other.as<sockaddr_in>();
            return left.sin_port == right.sin_port && left.sin_addr.s_addr == right.sin_addr.s_addr;
        }
        case AF_INET6: {
            const auto left = one.as<sockaddr_in6>();
            const auto right = other.as<sockaddr_in6>();
            return left.sin6_port == right.sin6_port &&
                   std::memcmp(&left.sin6_addr, &right.sin6_addr, sizeof left.sin6_addr) == 0 &&
                   same_scope(left.sin6_scope_id, right.sin6_scope_id);
        }
        default:
            return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
    }
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

class UdpSocket final : public DatagramSocket {
 public:
    explicit UdpSocket(int fd) : fd_{fd} {}
    UdpSocket(int fd, const Address& peer) : fd_{fd}, peer_{peer}, is_connected_{false} {}

    Result<void> send(ByteView datagram, Deadline deadline) override {
        for (;;) {
            const sockaddr* const to = is_connected_ ? nullptr : peer_.get();
            const auto sent = ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to,
                                       is_connected_ ? 0 : peer_.size);
            if (sent >= 0 || errno == ENOBUFS || (would_block(errno) && deadline.passed(clock_))) {
                return {};
            }
            if (would_block(errno)) {
                TRYV(wait_for(POLLOUT, deadline));
            } else if (errno != EINTR) {
                return fail(errno_code());
            }
        }
    }

    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override {
        // Not without end: who floods us with datagrams must not keep the caller from his deadline.
        for (int tries = 0; tries < most_tries; ++tries) {
            Address from;
            from.size = sizeof from.storage;
            const auto size = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                         is_connected_ ? nullptr : from.get(), is_connected_ ? nullptr : &from.size);
            if (size >= 0 && (is_connected_ || same(from, peer_))) {
                return static_cast<std::size_t>(size);
            }
            if (size >= 0) {
                ++foreign_;
            } else if (would_block(errno)) {
                return std::nullopt;
            } else if (errno != EINTR) {
                return fail(errno_code(), "receive a datagram");
            }
        }
        return std::nullopt;
    }

    Result<void> wait(Deadline deadline) override { return wait_for(POLLIN, deadline); }

    [[nodiscard]] int fd() const noexcept override { return fd_; }
    [[nodiscard]] std::uint64_t foreign() const noexcept override { return foreign_; }

 private:
    static constexpr int most_tries = 64;

    Result<void> wait_for(short events, Deadline deadline) const {
        constexpr std::chrono::milliseconds longest{std::numeric_limits<int>::max()};
        const Duration left = std::min<Duration>(deadline.left(clock_), longest);
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        pollfd event{.fd = fd_, .events = events, .revents = 0};
        if (::poll(&event, 1, static_cast<int>(milliseconds)) < 0 && errno != EINTR) {
            return fail(errno_code(), "wait for a datagram");
        }
        if ((event.revents & POLLNVAL) != 0) {
            return fail(errno_code(EBADF), "wait for a datagram");
        }
        return {};
    }

    int fd_;
    Address peer_{};
    bool is_connected_ = true;
    std::uint64_t foreign_ = 0;
    SystemClock clock_;
};

Result<void> check_datagrams(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        return fail(errno_code(), "use a UDP socket");
    }
    return type == SOCK_DGRAM ? Result<void>{} : fail(Errc::argument_invalid, "a socket that carries no datagrams");
}

bool is_connected(int fd) {
    Address peer;
    peer.size = sizeof peer.storage;
    return ::getpeername(fd, peer.get(), &peer.size) == 0;
}

}  // namespace

Result<std::unique_ptr<DatagramSocket>> use_udp_socket(int fd) {
    const NoCancellation uncancelled;
    TRYV(check_datagrams(fd));
    if (!is_connected(fd)) {
        return fail(Errc::argument_invalid, "a socket that is not connected, and no peer");
    }
    return std::make_unique<UdpSocket>(fd);
}

Result<std::unique_ptr<DatagramSocket>> use_udp_socket(int fd, const sockaddr* peer, std::size_t size) {
    const NoCancellation uncancelled;
    TRYV(check_datagrams(fd));
    Address address;
    if (peer == nullptr || size < sizeof(sa_family_t) || size > sizeof address.storage) {
        return fail(Errc::argument_invalid, "peer address of " + std::to_string(size) + " bytes");
    }
    std::memcpy(&address.storage, peer, size);
    address.size = static_cast<socklen_t>(size);
    return std::make_unique<UdpSocket>(fd, address);
}

}  // namespace trustx::dtls
