// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include "failure.hpp"

#include <trustx/objects.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

std::string mbedtls_text(int code) {
    std::array<char, 200> text{};
    mbedtls_strerror(code, text.data(), text.size());
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "-0x%04X", static_cast<unsigned>(-code));
    return std::string{text.data()} + " (" + number.data() + ")";
}

void must(int code, const std::string& tried) {
    if (code != 0) {
        throw Failure{tried + ": " + mbedtls_text(code)};
    }
}

void Certificates::add_object(trustx::Device& device, trustx::ObjectId object) {
    auto chip = value_of(device.lock());
    const auto content = value_of(trustx::read_certificates(chip, object));
    if (content.certificates.empty()) {
        throw Failure{object.hex() + " of the chip holds no certificate"};
    }
    for (const auto& der : content.certificates) {
        must(mbedtls_x509_crt_parse_der(&first_, der.data(), der.size()), "read the certificate in " + object.hex());
    }
}

void Certificates::add_file(const std::string& path) {
    const int result = mbedtls_x509_crt_parse_file(&first_, path.c_str());
    if (result > 0) {
        throw Failure{path + ": " + std::to_string(result) + " of its certificates cannot be read"};
    }
    must(result, "read certificates from " + path);
}

TlsConnection::TlsConnection(Certificates& own, ChipKey& key, Certificates& trusted, ChipRandom& random)
    : key_{key}, random_{random} {
    mbedtls_ssl_config_init(&configuration_);
    mbedtls_ssl_init(&tls_);
    try {
        must(mbedtls_ssl_config_defaults(&configuration_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT),
             "configure TLS");
        // 2.28 has no later version than 1.2, and goes down to 1.0 unless told otherwise.
        mbedtls_ssl_conf_min_version(&configuration_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_authmode(&configuration_, MBEDTLS_SSL_VERIFY_REQUIRED);
        mbedtls_ssl_conf_ca_chain(&configuration_, trusted.get(), nullptr);
        mbedtls_ssl_conf_rng(&configuration_, mbedtls_ctr_drbg_random, random.context());
        must(mbedtls_ssl_conf_own_cert(&configuration_, own.get(), key.context()), "configure the own certificate");
        must(mbedtls_ssl_setup(&tls_, &configuration_), "set up TLS");
        mbedtls_ssl_set_bio(&tls_, this, on_send, on_receive, nullptr);
    } catch (...) {
        close();
        mbedtls_ssl_free(&tls_);
        mbedtls_ssl_config_free(&configuration_);
        throw;
    }
}

TlsConnection::~TlsConnection() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
    mbedtls_ssl_free(&tls_);
    mbedtls_ssl_config_free(&configuration_);
}

// False: the deadline has passed. An error of the socket counts as readiness: the call that follows names it.
bool TlsConnection::wait_for(short events) const {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_.left(clock_)).count();
        pollfd entry{.fd = socket_, .events = events, .revents = 0};
        const int ready = poll(&entry, 1, static_cast<int>(std::min<long long>(left, INT_MAX)));
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return true;
        }
        if (left == 0) {
            return false;
        }
    }
}

int TlsConnection::on_send(void* self, const unsigned char* bytes, std::size_t size) {
    const auto& connection = *static_cast<TlsConnection*>(self);
    while (connection.wait_for(POLLOUT)) {
        const auto sent = ::send(connection.socket_, bytes, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            return static_cast<int>(sent);
        }
        if (errno == EPIPE || errno == ECONNRESET) {
            return MBEDTLS_ERR_NET_CONN_RESET;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return MBEDTLS_ERR_NET_SEND_FAILED;
        }
    }
    return MBEDTLS_ERR_SSL_TIMEOUT;
}

int TlsConnection::on_receive(void* self, unsigned char* bytes, std::size_t size) {
    const auto& connection = *static_cast<TlsConnection*>(self);
    while (connection.wait_for(POLLIN)) {
        const auto received = ::recv(connection.socket_, bytes, size, 0);
        if (received >= 0) {
            return static_cast<int>(received);  // 0: the end, which mbed TLS knows
        }
        if (errno == ECONNRESET) {
            return MBEDTLS_ERR_NET_CONN_RESET;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return MBEDTLS_ERR_NET_RECV_FAILED;
        }
    }
    return MBEDTLS_ERR_SSL_TIMEOUT;
}

void TlsConnection::open_socket(const std::string& host, const std::string& port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); code != 0) {
        throw Failure{"look up " + host + ": " + gai_strerror(code)};
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
    std::string reason = "no address";
    for (const auto* address = found; address != nullptr; address = address->ai_next) {
        socket_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (socket_ < 0) {
            reason = std::strerror(errno);
            continue;
        }
        int error = ::connect(socket_, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            socklen_t size = sizeof error;
            if (!wait_for(POLLOUT)) {
                error = ETIMEDOUT;
            } else if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
                error = errno;
            }
        }
        if (error == 0) {
            return;
        }
        reason = std::strerror(error);
        ::close(socket_);
        socket_ = -1;
    }
    throw Failure{"connect to " + host + ":" + port + ": " + reason};
}

void TlsConnection::connect(const std::string& host, const std::string& port, trustx::Deadline deadline) {
    deadline_ = deadline;
    random_.reseed();
    must(mbedtls_ssl_set_hostname(&tls_, host.c_str()), "set the broker's name");
    open_socket(host, port);
    if (const int code = mbedtls_ssl_handshake(&tls_); code != 0) {
        explain(code);
    }
    connected_ = true;
}

void TlsConnection::explain(int code) {
    if (key_.failure()) {
        throw Failure{*key_.failure()};
    }
    switch (code) {
        case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED: {
            std::array<char, 500> text{};
            mbedtls_x509_crt_verify_info(text.data(), text.size(), "", mbedtls_ssl_get_verify_result(&tls_));
            std::string reasons{text.data()};
            while (!reasons.empty() && reasons.back() == '\n') {
                reasons.pop_back();
            }
            std::replace(reasons.begin(), reasons.end(), '\n', ' ');
            throw Failure{"the broker's certificate is not accepted: " + reasons};
        }
        case MBEDTLS_ERR_SSL_TIMEOUT:
            throw Failure{"the broker did not answer in time"};
        case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        case 0:
        case MBEDTLS_ERR_SSL_CONN_EOF:
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        case MBEDTLS_ERR_NET_CONN_RESET:
            // An alert may be lost that a broker sends while this side still sends.
            throw Failure{connected_
                              ? "the broker closed the connection"
                              : "the broker ended the handshake; often it does not know who issued the certificate in "
                                "the chip, or wants TLS 1.3"};
        default:
            throw Failure{"TLS with the broker: " + mbedtls_text(code)};
    }
}

void TlsConnection::send(trustx::ByteView bytes, trustx::Deadline deadline) {
    deadline_ = deadline;
    while (!bytes.empty()) {
        const int sent = mbedtls_ssl_write(&tls_, bytes.data(), bytes.size());
        if (sent <= 0) {
            explain(sent);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
}

std::optional<std::size_t> TlsConnection::receive(std::span<std::uint8_t> bytes, trustx::Deadline deadline) {
    deadline_ = deadline;
    const int received = mbedtls_ssl_read(&tls_, bytes.data(), bytes.size());
    if (received == MBEDTLS_ERR_SSL_TIMEOUT) {
        return std::nullopt;  // what has come of a record is kept
    }
    if (received <= 0) {
        explain(received);
    }
    return static_cast<std::size_t>(received);
}

void TlsConnection::close() noexcept {
    if (socket_ >= 0) {
        deadline_ = trustx::Deadline::after(clock_, std::chrono::seconds{1});
        static_cast<void>(mbedtls_ssl_close_notify(&tls_));
        ::close(socket_);
        socket_ = -1;
    }
}
