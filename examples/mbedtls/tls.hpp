// SPDX-License-Identifier: Apache-2.0
// A TLS connection by mbed TLS: the own certificate and key, whom to trust, and a socket on which each wait has a
// deadline.
#pragma once

#include "chip_key.hpp"
#include "chip_random.hpp"

#include <trustx/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

// Certificates is a chain, or those that are trusted.
class Certificates {
 public:
    Certificates() { mbedtls_x509_crt_init(&first_); }
    ~Certificates() { mbedtls_x509_crt_free(&first_); }
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    // Each throws Failure where there is no certificate.
    void add_object(trustx::Device& device, trustx::ObjectId object);  // a certificate object or trust anchor
    void add_file(const std::string& path);                            // PEM, or one in DER

    mbedtls_x509_crt* get() { return &first_; }

 private:
    mbedtls_x509_crt first_;
};

// TlsConnection is made once, connected once. Its functions throw Failure.
class TlsConnection {
 public:
    // All of these must outlive the connection. own is shown, leaf first, and key is of its first certificate.
    TlsConnection(Certificates& own, ChipKey& key, Certificates& trusted, ChipRandom& random);
    ~TlsConnection();
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;

    // connect ends with a finished handshake; the broker's certificate must be for this name. The resolver of names has
    // its own limits of time.
    void connect(const std::string& host, const std::string& port, trustx::Deadline deadline);

    void send(trustx::ByteView bytes, trustx::Deadline deadline);
    // receive fills at least one byte, and says how many; nothing when the deadline has passed.
    std::optional<std::size_t> receive(std::span<std::uint8_t> bytes, trustx::Deadline deadline);
    // has_received says whether receive() would give something without reading from the socket.
    [[nodiscard]] bool has_received() const { return mbedtls_ssl_check_pending(&tls_) == 1; }

    void close() noexcept;
    [[nodiscard]] int descriptor() const { return socket_; }

 private:
    static int on_send(void* self, const unsigned char* bytes, std::size_t size);
    static int on_receive(void* self, unsigned char* bytes, std::size_t size);
    bool wait_for(short events) const;
    void open_socket(const std::string& host, const std::string& port);
    [[noreturn]] void explain(int code);

    ChipKey& key_;
    ChipRandom& random_;
    mbedtls_ssl_config configuration_{};
    mbedtls_ssl_context tls_{};
    int socket_ = -1;
    bool connected_ = false;  // the handshake is over
    trustx::SystemClock clock_;
    trustx::Deadline deadline_{};
};
