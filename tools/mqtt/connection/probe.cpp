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
        result = {.obstacle = Obstacle::tcp, .detail = errno_text(failure), .tls_errors = {}, .system_error = failure};
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

std::string one_line(const X509_NAME* name) {
    const openssl::Bio text{BIO_new(BIO_s_mem())};
    X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    return openssl::written(text.get());
}

// On a way that leads to no root, the issuer of its last certificate is what is missing.
int note_way(int verified, X509_STORE_CTX* context) {
    const auto* tls =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* result = static_cast<ProbeResult*>(SSL_get_ex_data(tls, 0));
    const auto* chain = X509_STORE_CTX_get0_chain(context);
    if (const int size = sk_X509_num(chain); size > 0) {
        result->root = one_line(X509_get_issuer_name(sk_X509_value(chain, size - 1)));
    }
    return verified;
}

ProbeResult handshake(SSL* tls, int fd, TimePoint deadline, bool with_credentials) {
    ProbeResult accepted;
    SSL_set_ex_data(tls, 0, &accepted);
    SSL_set_verify(tls, SSL_VERIFY_PEER, &note_way);
    auto step = repeat_until_done(tls, fd, deadline, [tls] { return SSL_connect(tls); });
    if (const long verify = SSL_get_verify_result(tls); verify != X509_V_OK) {
        return {.obstacle = Obstacle::certificate,
                .detail = X509_verify_cert_error_string(verify),
                .verify_code = verify,
                .tls_errors = {},
                .root = accepted.root};
    }
    accepted.tls_version = SSL_get_version(tls);
    const bool accepted_broker = step.result == 1 || openssl::X509Certificate{SSL_get1_peer_certificate(tls)};
    if (!with_credentials && accepted_broker) {
        return accepted;  // that the broker then ends the handshake for want of our certificate says nothing
    }
    if (step.result != 1) {
        return tls_obstacle(std::move(step.errors), step.system_error);
    }
    // Under TLS 1.3 the client's handshake is complete before the broker has seen its certificate.
    char unexpected = 0;
    step = repeat_until_done(tls, fd, deadline, [&] { return SSL_read(tls, &unexpected, 1); });
    if (step.out_of_time || std::ranges::all_of(step.errors, &openssl::QueuedError::is_system_error)) {
        return accepted;
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
    if (!socket || target.only_tcp) {
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
    // SSL_set_tlsext_host_name is a macro with a C cast; this is what it stands for. The name is copied.
    auto host = target.host;
    SSL_ctrl(tls.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    expect_name(tls.get(), target);
    if (!target.alpn.empty()) {
        const auto list = alpn_list(target.alpn);
        SSL_set_alpn_protos(tls.get(), list.data(), static_cast<unsigned>(list.size()));
    }
    if (!target.signature_algorithms.empty() &&
        SSL_set1_sigalgs_list(tls.get(), target.signature_algorithms.c_str()) != 1) {
        return tls_obstacle(openssl::take_errors(), 0);
    }
    SSL_set_fd(tls.get(), socket.get());
    return handshake(tls.get(), socket.get(), deadline, with_credentials);
}

}  // namespace trustx::mqtt
