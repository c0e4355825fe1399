// SPDX-License-Identifier: Apache-2.0
#include "connection/probe.hpp"

#include "common/io/unique_fd.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

namespace trustx::mqtt {
namespace {

using Obstacle = ProbeResult::Obstacle;
using TimePoint = std::chrono::steady_clock::time_point;

using SslContext = openssl::Handle<SSL_CTX, SSL_CTX_free>;
using Ssl = openssl::Handle<SSL, SSL_free>;

std::string errno_text(int value) {
    return std::system_category().message(value);
}

// wait_for_socket gives 0, or the errno of what went wrong.
int wait_for_socket(int fd, short what, TimePoint deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd wanted{fd, what, 0};
        const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
        if (ready > 0) {
            return 0;
        }
        if (ready == 0) {
            return ETIMEDOUT;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

int connect_socket(int fd, const addrinfo& address, TimePoint deadline) {
    if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    if (const int error = wait_for_socket(fd, POLLOUT, deadline)) {
        return error;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

// open_connection tries every address of the name; the result is that of the last one.
UniqueFd open_connection(const ProbeTarget& target, TimePoint deadline, ProbeResult& result) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
    if (error != 0) {
        result = {Obstacle::name, error == EAI_SYSTEM ? errno_text(errno) : ::gai_strerror(error), 0, {}};
        return {};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        UniqueFd socket{::socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        const int failure = !socket ? errno : connect_socket(socket.get(), *address, deadline);
        if (failure == 0) {
            return socket;
        }
        result = {Obstacle::tcp, errno_text(failure), 0, {}};
    }
    return {};
}

std::vector<unsigned char> alpn_list(const std::string& protocol) {
    std::vector<unsigned char> list{static_cast<unsigned char>(protocol.size())};
    list.insert(list.end(), protocol.begin(), protocol.end());
    return list;
}

void expect_name(SSL* tls, const ProbeTarget& target) {
    auto* expected = SSL_get0_param(tls);
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, target.host.c_str()) == 1) {
        return;
    }
    ERR_clear_error();
    X509_VERIFY_PARAM_set1_host(expected, target.host.data(), target.host.size());
}

ProbeResult tls_obstacle(std::vector<openssl::QueuedError> errors, int system_error) {
    auto detail = !errors.empty()     ? to_string(errors.back())
                  : system_error == 0 ? std::string{"the connection was closed"}
                                      : errno_text(system_error);
    return {Obstacle::tls, std::move(detail), 0, std::move(errors)};
}

// Step is one call of libssl that is repeated until it no longer waits for the network.
struct Step {
    int result = 0;
    int system_error = 0;
    bool out_of_time = false;
    std::vector<openssl::QueuedError> errors;
};

template <class Call>
Step repeat_until_done(SSL* tls, int fd, TimePoint deadline, Call call) {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        Step step{call(), errno, false, {}};
        const int reason = SSL_get_error(tls, step.result);
        if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
            step.errors = openssl::take_errors();
            return step;
        }
        step.system_error = wait_for_socket(fd, reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
        if (step.system_error != 0) {
            step.out_of_time = step.system_error == ETIMEDOUT;
            return step;
        }
    }
}

ProbeResult handshake(SSL* tls, int fd, TimePoint deadline, bool with_credentials) {
    auto step = repeat_until_done(tls, fd, deadline, [tls] { return SSL_connect(tls); });
    if (const long verify = SSL_get_verify_result(tls); verify != X509_V_OK) {
        return {Obstacle::certificate, X509_verify_cert_error_string(verify), verify, {}};
    }
    const bool accepted_broker = step.result == 1 || openssl::X509Certificate{SSL_get1_peer_certificate(tls)};
    if (!with_credentials && accepted_broker) {
        return {};  // that the broker then ends the handshake for want of our certificate says nothing
    }
    if (step.result != 1) {
        return tls_obstacle(std::move(step.errors), step.system_error);
    }
    // Under TLS 1.3 the client's handshake is complete before the broker has seen its certificate.
    char unexpected = 0;
    step = repeat_until_done(tls, fd, deadline, [&] { return SSL_read(tls, &unexpected, 1); });
    if (step.out_of_time || std::ranges::all_of(step.errors, &openssl::QueuedError::is_system_error)) {
        return {};
    }
    return tls_obstacle(std::move(step.errors), step.system_error);
}

bool use_credentials(SSL_CTX* context, const ProbeTarget& target) {
    SSL_CTX_set_default_passwd_cb(context, openssl::refuse_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, target.certificate_file.c_str()) != 1) {
        return false;
    }
    const openssl::Bio file{BIO_new_file(target.key_file.c_str(), "rb")};
    const auto key = file ? openssl::read_private_key(file.get()) : openssl::Pkey{};
    return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace

ProbeResult probe(const ProbeTarget& target, std::chrono::milliseconds allowed) {
    const auto deadline = std::chrono::steady_clock::now() + allowed;
    ProbeResult result;
    const auto socket = open_connection(target, deadline, result);
    if (!socket) {
        return result;
    }
    const SslContext context{SSL_CTX_new(TLS_client_method())};
    if (!context || SSL_CTX_load_verify_locations(context.get(), target.ca_file.c_str(), nullptr) != 1) {
        return tls_obstacle(openssl::take_errors(), 0);
    }
    const bool with_credentials = !target.key_file.empty();
    if (with_credentials && !use_credentials(context.get(), target)) {
        return tls_obstacle(openssl::take_errors(), 0);
    }
    const Ssl tls{SSL_new(context.get())};
    SSL_set_verify(tls.get(), SSL_VERIFY_PEER, nullptr);
    // SSL_set_tlsext_host_name is a macro with a C cast; this is what it stands for. The name is copied.
    auto host = target.host;
    SSL_ctrl(tls.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    expect_name(tls.get(), target);
    if (!target.alpn.empty()) {
        const auto list = alpn_list(target.alpn);
        SSL_set_alpn_protos(tls.get(), list.data(), static_cast<unsigned>(list.size()));
    }
    SSL_set_fd(tls.get(), socket.get());
    return handshake(tls.get(), socket.get(), deadline, with_credentials);
}

}  // namespace trustx::mqtt
