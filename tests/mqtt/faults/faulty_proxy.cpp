// SPDX-License-Identifier: Apache-2.0
#include "faulty_proxy.hpp"

#include "common/io/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trustx::test {
namespace {

using Kind = NetworkFault::Kind;

// A broker waits so long for CONNECT; what only asks who is there does not send one.
constexpr std::chrono::milliseconds until_connect{2000};
constexpr std::chrono::seconds until_handshake{30};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int connect_to(std::uint16_t port) {
    UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address = loopback(port);
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return -1;
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd.release();
}

// Packets cuts a stream of bytes into MQTT's packets (MQTT 3.1.1 section 2.2).
class Packets {
 public:
    void add(std::string_view bytes) { bytes_ += bytes; }

    std::optional<std::string> next() {
        std::size_t length = 0;
        for (std::size_t i = 1; i < bytes_.size() && i <= 4; ++i) {
            const auto digit = static_cast<unsigned char>(bytes_[i]);
            length |= std::size_t{digit & 0x7FU} << (7 * (i - 1));
            if ((digit & 0x80U) == 0) {
                return take(1 + i + length);
            }
        }
        return std::nullopt;
    }

 private:
    std::optional<std::string> take(std::size_t size) {
        if (bytes_.size() < size) {
            return std::nullopt;
        }
        auto packet = bytes_.substr(0, size);
        bytes_.erase(0, size);
        return packet;
    }
    std::string bytes_;
};

}  // namespace

std::string name_of(const NetworkFault& fault) {
    constexpr std::array<const char*, 4> kinds{"before", "after", "half-open", "stall"};
    constexpr std::array<const char*, 15> packets{"", "CONNECT", "CONNACK", "PUBLISH",   "PUBACK",
                                                  "", "",        "",        "SUBSCRIBE", "SUBACK",
                                                  "", "",        "PINGREQ", "PINGRESP",  "DISCONNECT"};
    return std::string{packets.at(static_cast<std::size_t>(fault.packet))} + " of the " +
           (fault.sender == Sender::client ? "client" : "broker") + ", " +
           kinds.at(static_cast<std::size_t>(fault.kind));
}

// Connection is one client's, with the one to the broker that belongs to it.
class FaultyProxy::Connection {
 public:
    Connection(FaultyProxy& proxy, int client)
        : proxy_{proxy}, client_{client}, broker_{}, tls_{SSL_new(proxy.tls_.get()), SSL_free} {
        ::fcntl(client, F_SETFL, O_NONBLOCK);
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL_set_fd(tls_.get(), client);
    }

    void serve() {
        if (!shake_hands()) {
            return;
        }
        ++proxy_.handshakes_;
        broker_ = UniqueFd{connect_to(proxy_.settings_.broker)};
        while (broker_ && forward()) {
        }
    }

 private:
    // wait tells which of the two can be read; neither at the deadline, or when the proxy ends.
    struct Readable {
        bool client = false;
        bool broker = false;
    };
    Readable wait(bool broker_too, short events = POLLIN, std::chrono::milliseconds allowed = std::chrono::hours{1}) {
        std::array<pollfd, 3> fds{
            {{client_.get(), events, 0}, {broker_too ? broker_.get() : -1, POLLIN, 0}, {proxy_.ended_, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), static_cast<int>(allowed.count())) <= 0 || fds[2].revents != 0) {
            over_ = true;
            return {};
        }
        return {fds[0].revents != 0, fds[1].revents != 0};
    }

    bool shake_hands() {
        for (;;) {
            const int done = SSL_accept(tls_.get());
            if (done == 1) {
                return true;
            }
            const int reason = SSL_get_error(tls_.get(), done);
            const bool waits = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
            if (!waits || !wait(false, reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until_handshake).client) {
                return false;
            }
        }
    }

    // forward tells whether it goes on.
    bool forward() {
        const auto readable =
            wait(true, POLLIN, connected_ ? std::chrono::milliseconds{std::chrono::hours{1}} : until_connect);
        if (over_) {
            return false;
        }
        return (!readable.client || from_client()) && (!readable.broker || from_broker());
    }

    bool from_client() {
        std::array<char, 16384> piece{};
        for (;;) {
            const int got = SSL_read(tls_.get(), piece.data(), static_cast<int>(piece.size()));
            if (got <= 0) {
                const bool more = SSL_get_error(tls_.get(), got) == SSL_ERROR_WANT_READ;
                return pass_on(Sender::client) && more;  // DISCONNECT comes with the end
            }
            connected_ = true;
            from_client_.add({piece.data(), static_cast<std::size_t>(got)});
        }
    }

    bool from_broker() {
        std::array<char, 16384> piece{};
        const auto got = ::recv(broker_.get(), piece.data(), piece.size(), 0);
        if (got <= 0) {
            return false;
        }
        from_broker_.add({piece.data(), static_cast<std::size_t>(got)});
        return pass_on(Sender::broker);
    }

    bool pass_on(Sender sender) {
        while (const auto packet = (sender == Sender::client ? from_client_ : from_broker_).next()) {
            const auto type = static_cast<std::uint8_t>(static_cast<unsigned char>(packet->front()) >> 4U);
            auto& seen = seen_.at(type + (sender == Sender::client ? 0U : 16U));
            const auto fault = proxy_.strikes(sender, Packet{type}, seen++);
            if (fault) {
                strike(*fault, *packet);
                return false;
            }
            if (!send(sender, *packet)) {
                return false;
            }
        }
        return true;
    }

    bool send(Sender sender, const std::string& packet) {
        if (sender == Sender::client) {
            return ::send(broker_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(packet.size());
        }
        for (;;) {
            const int sent = SSL_write(tls_.get(), packet.data(), static_cast<int>(packet.size()));
            if (sent > 0) {
                return true;
            }
            if (SSL_get_error(tls_.get(), sent) != SSL_ERROR_WANT_WRITE || !wait(false, POLLOUT).client) {
                return false;
            }
        }
    }

    void strike(const NetworkFault& fault, const std::string& packet) {
        if (fault.kind == Kind::after || fault.kind == Kind::half_open) {
            send(fault.sender, packet);
        }
        switch (fault.kind) {
            case Kind::before:
            case Kind::after:
                if (fault.reset) {
                    const linger at_once{1, 0};
                    ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
                }
                return;
            case Kind::half_open:
                broker_.reset();
                swallow();
                return;
            case Kind::stall:
                wait(false, POLLRDHUP);
                return;
        }
    }

    // swallow reads what the client sends until it gives up.
    void swallow() {
        std::array<char, 16384> piece{};
        while (wait(false).client && !over_) {
            const auto got = ::recv(client_.get(), piece.data(), piece.size(), 0);
            if (got == 0 || (got < 0 && errno != EAGAIN)) {
                return;
            }
        }
    }

    FaultyProxy& proxy_;
    UniqueFd client_;
    UniqueFd broker_;
    std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
    Packets from_client_;
    Packets from_broker_;
    std::array<unsigned, 32> seen_{};  // packets by type, the client's and the broker's
    bool connected_ = false;           // CONNECT was seen
    bool over_ = false;
};

FaultyProxy::FaultyProxy(const Settings& settings)
    : settings_{settings}, tls_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free} {
    const bool ready = SSL_CTX_use_certificate_chain_file(tls_.get(), settings.certificate.c_str()) == 1 &&
                       SSL_CTX_use_PrivateKey_file(tls_.get(), settings.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                       SSL_CTX_load_verify_locations(tls_.get(), settings.client_ca.c_str(), nullptr) == 1;
    if (!ready) {
        throw std::runtime_error("the proxy cannot use its certificate");
    }
    SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_session_cache_mode(tls_.get(), SSL_SESS_CACHE_OFF);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ended_ = ::eventfd(0, EFD_CLOEXEC);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        fail("listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_connections(); }};
}

FaultyProxy::~FaultyProxy() {
    ::eventfd_write(ended_, 1);
    acceptor_.join();
    for (auto& connection : connections_) {
        connection.join();
    }
    ::close(listener_);
    ::close(ended_);
}

void FaultyProxy::accept_connections() {
    // A client that is gone must not end us.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    for (;;) {
        std::array<pollfd, 2> fds{{{listener_, POLLIN, 0}, {ended_, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 || fds[1].revents != 0) {
            return;
        }
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) {
            connections_.emplace_back([this, client] { Connection{*this, client}.serve(); });
        }
    }
}

std::optional<NetworkFault> FaultyProxy::strikes(Sender sender, Packet packet, unsigned seen) {
    const std::lock_guard lock{mutex_};
    if (happened_ == planned_.size()) {
        return std::nullopt;
    }
    const auto& fault = planned_[happened_];
    if (fault.sender != sender || fault.packet != packet || seen < fault.passes) {
        return std::nullopt;
    }
    ++happened_;
    changed_.notify_all();
    return fault;
}

void FaultyProxy::plan(std::vector<NetworkFault> faults) {
    const std::lock_guard lock{mutex_};
    planned_.resize(happened_);
    planned_.insert(planned_.end(), faults.begin(), faults.end());
}

bool FaultyProxy::wait_until_done(std::chrono::milliseconds allowed) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, allowed, [this] { return happened_ == planned_.size(); });
}

std::size_t FaultyProxy::happened() const {
    const std::lock_guard lock{mutex_};
    return happened_;
}

std::string FaultyProxy::waiting_for() const {
    const std::lock_guard lock{mutex_};
    return happened_ == planned_.size() ? "nothing" : name_of(planned_[happened_]);
}

}  // namespace trustx::test
