// SPDX-License-Identifier: Apache-2.0
#include "tls_listener.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trustx::test {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

constexpr std::size_t most_waiting = 8;

void must(bool done, const char* what) {
    if (!done) {
        throw std::system_error(errno, std::system_category(), what);
    }
}

struct Address {
    sockaddr_storage content{};
    socklen_t size = sizeof(sockaddr_storage);

    explicit Address(const std::string& host) {
        addrinfo hints{};
        hints.ai_flags = AI_NUMERICHOST;
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        must(::getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0, "getaddrinfo");
        std::memcpy(&content, found->ai_addr, found->ai_addrlen);
        size = found->ai_addrlen;
        ::freeaddrinfo(found);
    }
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&content); }
    // The port is at the same place in the addresses of both families.
    [[nodiscard]] std::uint16_t port() const { return ntohs(reinterpret_cast<const sockaddr_in*>(&content)->sin_port); }
};

// listen_at gives a socket and the address with the port that the kernel chose.
std::pair<int, Address> listen_at(const std::string& host, int backlog) {
    Address address{host};
    const int fd = ::socket(address.content.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && ::bind(fd, address.generic(), address.size) == 0 && ::listen(fd, backlog) == 0, "listen");
    must(::getsockname(fd, address.generic(), &address.size) == 0, "getsockname");
    return {fd, address};
}

Context context_for(const CertificateAuthority::Server& server) {
    Context context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    const bool usable = SSL_CTX_use_certificate_chain_file(context.get(), server.certificate.c_str()) == 1 &&
                        SSL_CTX_use_PrivateKey_file(context.get(), server.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!usable) {
        throw std::runtime_error("a server's certificate cannot be used");
    }
    // Who the client is nobody checks, but it is asked, as a broker does.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    return context;
}

}  // namespace

struct TlsListener::Work {
    Context context;
    std::string answer;
    After after;
    int fd;
    std::uint16_t port;
    std::vector<std::thread> talks{};
    std::thread listener{};

    // A client that is gone while it is answered must not end the tests; threads inherit what is blocked.
    void listen() {
        sigset_t broken_pipe{};
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        for (;;) {
            const int client = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) {
                return;
            }
            talks.emplace_back([this, client] { talk(client); });
        }
    }

    void talk(int client) const {
        const std::unique_ptr<SSL, decltype(&SSL_free)> tls{SSL_new(context.get()), SSL_free};
        SSL_set_fd(tls.get(), client);
        std::array<char, 4096> heard{};
        if (SSL_accept(tls.get()) == 1 && SSL_read(tls.get(), heard.data(), heard.size()) > 0) {
            if (!answer.empty()) {
                SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
            }
            while (after == After::is_silent && SSL_read(tls.get(), heard.data(), heard.size()) > 0) {
            }
            SSL_shutdown(tls.get());
        }
        ::close(client);
    }
};

TlsListener::TlsListener(const CertificateAuthority::Server& server, std::string answer, After after,
                         const std::string& host) {
    const auto [fd, address] = listen_at(host, SOMAXCONN);
    work_ = std::unique_ptr<Work>{new Work{
        .context = context_for(server), .answer = std::move(answer), .after = after, .fd = fd, .port = address.port()}};
    work_->listener = std::thread{[work = work_.get()] { work->listen(); }};
}

// Clients have ended by now, so their connections have.
TlsListener::~TlsListener() {
    ::shutdown(work_->fd, SHUT_RDWR);
    work_->listener.join();
    for (auto& talk : work_->talks) {
        talk.join();
    }
    ::close(work_->fd);
}

std::uint16_t TlsListener::port() const {
    return work_->port;
}

bool has_ipv6() {
    try {
        ::close(listen_at("::1", 1).first);
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

// The kernel takes no more connections than fit into the backlog (listen(2)), and does not answer others.
DeafPort::DeafPort() : waiting_{std::make_unique<int[]>(most_waiting)} {
    auto [fd, address] = listen_at("127.0.0.1", 0);
    listener_ = fd;
    port_ = address.port();
    for (std::size_t i = 0; i < most_waiting; ++i) {
        waiting_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        static_cast<void>(::connect(waiting_[i], address.generic(), address.size));
    }
}

DeafPort::~DeafPort() {
    close();
}

void DeafPort::close() {
    if (listener_ < 0) {
        return;
    }
    for (std::size_t i = 0; i < most_waiting; ++i) {
        ::close(waiting_[i]);
    }
    ::close(std::exchange(listener_, -1));
}

}  // namespace trustx::test
