// SPDX-License-Identifier: Apache-2.0
// The UDP socket for itself: whose datagrams it takes, and what it says when nobody is there.
#include "common/io/unique_fd.hpp"
#include "support/catch.hpp"

#include <trustx/dtls.hpp>

#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace trustx;
using namespace std::chrono_literals;

namespace {

// Udp is a socket on a free port of this machine.
struct Udp {
    explicit Udp(int family = AF_INET) : fd{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        if (family == AF_INET) {
            auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
            v4->sin_family = AF_INET;
            v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            size = sizeof *v4;
        } else {
            auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
            v6->sin6_family = AF_INET6;
            v6->sin6_addr = in6addr_loopback;
            size = sizeof *v6;
        }
        usable = ::bind(fd.get(), get(), size) == 0 && ::getsockname(fd.get(), get(), &size) == 0;
    }

    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }
    void send_to(Udp& other, const Bytes& bytes) {
        REQUIRE(::sendto(fd.get(), bytes.data(), bytes.size(), 0, other.get(), other.size) ==
                static_cast<ssize_t>(bytes.size()));
    }
    Bytes take() {
        Bytes bytes(2000);
        const auto got = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return bytes;
    }

    UniqueFd fd;
    sockaddr_storage address{};
    socklen_t size = 0;
    bool usable = false;
};

Deadline in(Duration duration) {
    const SystemClock clock;
    return Deadline::after(clock, duration);
}

Bytes received(dtls::DatagramSocket& socket) {
    REQUIRE(socket.wait(in(10s)));
    Bytes buffer(100);
    const auto size = socket.receive(buffer);
    REQUIRE(size);
    REQUIRE(*size);
    buffer.resize(std::min(**size, buffer.size()));
    return buffer;
}

}  // namespace

TEST_CASE("a socket that is not connected takes datagrams of its peer only", "[dtls]") {
    const int family = GENERATE(AF_INET, AF_INET6);
    Udp own{family};
    Udp peer{family};
    Udp other{family};
    if (!own.usable && family == AF_INET6) {
        return;  // a machine without IPv6
    }
    const auto socket = dtls::use_udp_socket(own.fd.get(), peer.get(), peer.size).value();
    CHECK(socket->fd() == own.fd.get());
    other.send_to(own, {1});
    other.send_to(own, {2, 2});
    peer.send_to(own, {3, 3, 3});
    CHECK(received(*socket) == Bytes{3, 3, 3});
    CHECK(socket->foreign() == 2);
    Bytes buffer(10);
    CHECK_FALSE(socket->receive(buffer).value());
    REQUIRE(socket->send(Bytes{4, 4}, in(1s)));
    CHECK(peer.take() == Bytes{4, 4});
    // Others cannot keep us busy without end.
    for (int i = 0; i < 100; ++i) {
        other.send_to(own, {1});
    }
    CHECK_FALSE(socket->receive(buffer).value());
    CHECK(socket->foreign() >= 3);
    CHECK(socket->foreign() <= 66);
}

TEST_CASE("a connected socket needs no peer, and says when nobody is there", "[dtls]") {
    Udp own;
    auto peer = std::make_unique<Udp>();
    CHECK(dtls::use_udp_socket(own.fd.get()).error() == Errc::argument_invalid);
    REQUIRE(::connect(own.fd.get(), peer->get(), peer->size) == 0);
    const auto socket = dtls::use_udp_socket(own.fd.get()).value();
    REQUIRE(socket->send(Bytes{1, 2}, in(1s)));
    CHECK(peer->take() == Bytes{1, 2});
    peer->send_to(own, Bytes(200, 7));
    REQUIRE(socket->wait(in(10s)));
    Bytes buffer(100);
    CHECK(socket->receive(buffer).value() == 200U);  // cut off, and said so
    peer.reset();
    REQUIRE(socket->send(Bytes{1}, in(1s)));
    REQUIRE(socket->wait(in(10s)));
    const auto refused = socket->receive(buffer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errno_code(ECONNREFUSED));
}

TEST_CASE("a wait ends at its deadline, and a socket that is none is refused", "[dtls]") {
    Udp own;
    Udp peer;
    const auto socket = dtls::use_udp_socket(own.fd.get(), peer.get(), peer.size).value();
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(socket->wait(in(20ms)));
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
    REQUIRE(socket->wait(in(-1s)));
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    const UniqueFd one{pair[0]};
    const UniqueFd two{pair[1]};
    CHECK(dtls::use_udp_socket(one.get()).error() == Errc::argument_invalid);
    CHECK(dtls::use_udp_socket(one.get(), peer.get(), peer.size).error() == Errc::argument_invalid);
    CHECK(dtls::use_udp_socket(own.fd.get(), nullptr, 0).error() == Errc::argument_invalid);
    CHECK(dtls::use_udp_socket(own.fd.get(), peer.get(), 1000).error() == Errc::argument_invalid);
    CHECK(dtls::use_udp_socket(-1).error() == errno_code(EBADF));
}
