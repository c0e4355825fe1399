// SPDX-License-Identifier: Apache-2.0
// Client side of bus-socket.md: one request is one I2C transfer. A connection that is broken or out of step is closed,
// and the next transfer opens another; it holds nothing of the chip's state.
#include "bus/socket_bus.hpp"

#include "base/kept_fd.hpp"
#include "base/root_directory.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace trustx {
namespace {

// bus-socket.md, "Request" and "Response".
enum class Operation : std::uint8_t { write = 0x01, read = 0x02, pulse_reset = 0x03 };
enum class Status : std::uint8_t {
    done = 0x00,
    address_nak = 0x01,
    data_nak = 0x02,
    bus_error = 0x03,
    timed_out = 0x04,
};
constexpr std::size_t response_header_size = 3;
constexpr std::size_t max_transfer = 4096;

Result<sockaddr_un> socket_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(errno_code(ENAMETOOLONG), "connect");
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

// The system has the same number for a socket that is not there as for an adapter that is not there, whose remedy is
// another.
tl::unexpected<Error> no_connection(const Error& error) {
    if (error == errno_code(ENOENT) || error == errno_code(ECONNREFUSED)) {
        return fail(Errc::no_listener, error.operation() + ": " + error.code().message());
    }
    return tl::unexpected{error};
}

class SocketBus final : public I2cBus {
 public:
    SocketBus(const BusAddress& address, const Clock& clock)
        : path_{address.path}, target_{address.target}, name_{address.text()}, clock_{clock} {}

    Result<void> connect() {
        TRY(const auto peer, socket_address(path_));
        UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (!fd) {
            return fail(errno_code(), "make a socket");
        }
        // A full listen queue makes a UNIX socket's connect wait; SO_SNDTIMEO bounds that wait.
        const timeval limit{.tv_sec = 5, .tv_usec = 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
            return no_connection(explained_by_root(Error{errno_code(), "connect"}));
        }
        TRY(auto kept, KeptFd::keep(std::move(fd)));
        fd_ = std::move(kept);
        return {};
    }

    Result<void> write(ByteView bytes, Deadline deadline) override {
        return transfer(Operation::write, target_, bytes, bytes.size(), {}, deadline);
    }

    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override {
        return transfer(Operation::read, target_, {}, bytes.size(), bytes, deadline);
    }

    Result<void> pulse_reset(Deadline deadline) override {
        return transfer(Operation::pulse_reset, 0, {}, 0, {}, deadline);
    }

    const std::string& name() const override { return name_; }

 private:
    Result<void> transfer(Operation operation, std::uint8_t target, ByteView data, std::size_t length,
                          std::span<std::uint8_t> answer, Deadline deadline) {
        if (length > max_transfer) {
            return fail(Errc::argument_invalid, "transfer of " + std::to_string(length) + " bytes");
        }
        if (peer_has_gone()) {
            fd_.reset();
            TRYV(connect());
        }
        auto done = exchange(operation, target, data, length, answer, deadline);
        if (!done && done.error().code() != Errc::address_nak) {
            fd_.reset();
        }
        return done;
    }

    // A server that was restarted between two transfers left a closed connection behind: another one loses nothing.
    // Neither does it where the program closed ours.
    bool peer_has_gone() const {
        if (!fd_.ours()) {
            return true;
        }
        pollfd event{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&event, 1, 0) > 0;  // between transfers nothing but the end of the stream can be readable
    }

    Result<void> exchange(Operation operation, std::uint8_t target, ByteView data, std::size_t length,
                          std::span<std::uint8_t> answer, Deadline deadline) {
        request_.assign({static_cast<std::uint8_t>(operation), target, static_cast<std::uint8_t>(length >> 8),
                         static_cast<std::uint8_t>(length)});
        request_.insert(request_.end(), data.begin(), data.end());
        TRYV(send_all(request_, deadline));
        std::array<std::uint8_t, response_header_size> header{};
        TRYV(receive_all(header, deadline));
        const auto status = static_cast<Status>(header[0]);
        const auto following = static_cast<std::size_t>(header[1] << 8 | header[2]);
        const auto expected = status == Status::done ? answer.size() : 0;
        if (following != expected) {
            return fail(Errc::bus_failure,
                        "answer of " + std::to_string(following) + " bytes instead of " + std::to_string(expected));
        }
        return status == Status::done ? receive_all(answer, deadline) : refusal(status);
    }

    Result<void> refusal(Status status) const {
        switch (status) {
            case Status::address_nak:
                return fail(Errc::address_nak);
            case Status::data_nak:
                return fail(errno_code(EIO), "data byte not acknowledged");
            case Status::bus_error:
                return fail(errno_code(EIO), "bus error");
            case Status::timed_out:
                return fail(errno_code(ETIMEDOUT), "transfer");
            default:
                return fail(Errc::bus_failure, "the peer does not know bus requests");
        }
    }

    Result<void> wait_for(short event, Deadline deadline) const {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(clock_)).count();
            const auto limit = std::min<long long>(left, std::numeric_limits<int>::max());
            pollfd poll_event{.fd = fd_.get(), .events = event, .revents = 0};
            const int ready = ::poll(&poll_event, 1, static_cast<int>(limit));
            if (ready > 0) {
                return {};
            }
            if (ready == 0) {
                return fail(Errc::timeout, "wait for the peer");
            }
            if (errno != EINTR) {
                return fail(errno_code(), "wait for the peer");
            }
        }
    }

    Result<void> send_all(ByteView bytes, Deadline deadline) const {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(sent));
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                TRYV(wait_for(POLLOUT, deadline));
            } else if (errno != EINTR) {
                return fail(errno_code(), "send to the peer");
            }
        }
        return {};
    }

    Result<void> receive_all(std::span<std::uint8_t> bytes, Deadline deadline) const {
        while (!bytes.empty()) {
            const auto received = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (received > 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(received));
            } else if (received == 0) {
                return fail(errno_code(ECONNRESET), "receive from the peer");
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                TRYV(wait_for(POLLIN, deadline));
            } else if (errno != EINTR) {
                return fail(errno_code(), "receive from the peer");
            }
        }
        return {};
    }

    std::string path_;
    std::uint8_t target_;
    std::string name_;
    const Clock& clock_;
    KeptFd fd_;
    Bytes request_;
};

}  // namespace

Result<std::unique_ptr<I2cBus>> open_socket_bus(const BusAddress& address, const Clock& clock) {
    auto bus = std::make_unique<SocketBus>(address, clock);
    TRYV(bus->connect());
    return bus;
}

}  // namespace trustx
