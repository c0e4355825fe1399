// SPDX-License-Identifier: Apache-2.0
#include "ssl_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/time.h>
#include <time.h>

namespace {

std::atomic<const trustx::Clock*> time_of_libssl{nullptr};

}  // namespace

// libssl's timers ask this function, and find the program's before the system's.
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* __restrict now,
                                                                   void* __restrict /*zone*/) noexcept {
    timespec real{};
    ::clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec;
    now->tv_usec = real.tv_nsec / 1000;
    if (const auto* clock = time_of_libssl.load()) {
        const auto virtual_time =
            std::chrono::duration_cast<std::chrono::microseconds>(clock->now().time_since_epoch()).count();
        now->tv_sec = virtual_time / 1'000'000;
        now->tv_usec = virtual_time % 1'000'000;
    }
    return 0;
}

namespace trustx::test {
namespace {

constexpr std::array<unsigned char, 20> cookie_of_all{'c', 'o', 'o', 'k', 'i', 'e'};

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string{"libssl failed in "} + what);
    }
}

int make_cookie(SSL* /*ssl*/, unsigned char* out, unsigned int* size) {
    std::copy(cookie_of_all.begin(), cookie_of_all.end(), out);
    *size = cookie_of_all.size();
    return 1;
}

int check_cookie(SSL* /*ssl*/, const unsigned char* given, unsigned int size) {
    return size == cookie_of_all.size() && std::equal(cookie_of_all.begin(), cookie_of_all.end(), given) ? 1 : 0;
}

SslServer& server_of(BIO* bio) {
    return *static_cast<SslServer*>(BIO_get_data(bio));
}

int write_bio(BIO* bio, const char* bytes, int size) {
    server_of(bio).take_from_bio({reinterpret_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)});
    return size;
}

int read_bio(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto datagram = server_of(bio).give_to_bio();
    if (!datagram) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const auto count = std::min(datagram->size(), static_cast<std::size_t>(size));
    std::memcpy(bytes, datagram->data(), count);
    return static_cast<int>(count);
}

long control_bio(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    constexpr long ip_and_udp = 28;
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
            return ip_and_udp;
        default:
            return 0;
    }
}

const BIO_METHOD* datagram_bio() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams of a test");
        BIO_meth_set_write(made, write_bio);
        BIO_meth_set_read(made, read_bio);
        BIO_meth_set_ctrl(made, control_bio);
        return made;
    }();
    return method;
}

BIO* make_bio(SslServer& server) {
    BIO* bio = BIO_new(datagram_bio());
    require(bio != nullptr, "BIO_new");
    BIO_set_data(bio, &server);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace

TimeForLibssl::TimeForLibssl(const Clock& clock) {
    time_of_libssl = &clock;
}

TimeForLibssl::~TimeForLibssl() {
    time_of_libssl = nullptr;
}

SslServer::SslServer(const Identity& identity, const SslServerOptions& options)
    : context_{SSL_CTX_new(DTLS_server_method())} {
    SSL_CTX* context = context_.get();
    require(SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) == 1, "the cipher");
    require(options.groups.empty() || SSL_CTX_set1_groups_list(context, options.groups.c_str()) == 1, "the groups");
    require(SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1,
            "the identity");
    for (const Identity* link : options.chain) {
        require(SSL_CTX_add1_chain_cert(context, link->certificate.get()) == 1, "the chain");
    }
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    if (options.cookies) {
        SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE);
        SSL_CTX_set_cookie_generate_cb(context, make_cookie);
        SSL_CTX_set_cookie_verify_cb(context, check_cookie);
    }
    if (options.request_certificate) {
        SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | (options.certificate_optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT), nullptr);
    }
    if (!options.client_authority.empty()) {
        const unsigned char* cursor = options.client_authority.data();
        const openssl::X509Certificate authority{
            d2i_X509(nullptr, &cursor, static_cast<long>(options.client_authority.size()))};
        require(authority && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1 &&
                    SSL_CTX_add_client_CA(context, authority.get()) == 1,
                "the authority of clients");
    }
    ssl_.reset(SSL_new(context));
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_info_callback(ssl_.get(), note_alert);
    SSL_set_bio(ssl_.get(), make_bio(*this), make_bio(*this));
    require(DTLS_set_link_mtu(ssl_.get(), options.mtu) == 1, "the MTU");
    SSL_set_accept_state(ssl_.get());
}

void SslServer::note_alert(const SSL* ssl, int where, int alert) {
    auto& server = *static_cast<SslServer*>(SSL_get_app_data(ssl));
    if ((where & SSL_CB_ALERT) != 0) {
        ((where & SSL_CB_READ) != 0 ? server.alerts_received_ : server.alerts_sent_).push_back(alert);
    }
}

std::optional<Bytes> SslServer::give_to_bio() {
    if (incoming_.empty()) {
        return std::nullopt;
    }
    Bytes datagram = std::move(incoming_.front());
    incoming_.pop_front();
    return datagram;
}

void SslServer::deliver(ByteView datagram) {
    incoming_.emplace_back(datagram.begin(), datagram.end());
    work();
}

void SslServer::work() {
    if (!connected() && SSL_do_handshake(ssl_.get()) != 1) {
        ERR_clear_error();
        return;
    }
    Bytes payload(4096);
    for (;;) {
        const int size = SSL_read(ssl_.get(), payload.data(), static_cast<int>(payload.size()));
        ERR_clear_error();
        if (size <= 0) {
            return;
        }
        received_.emplace_back(payload.begin(), payload.begin() + size);
        if (echoes) {
            write(received_.back());
        }
    }
}

std::optional<Duration> SslServer::left() const {
    timeval time{};
    if (DTLSv1_get_timeout(ssl_.get(), &time) != 1) {
        return std::nullopt;
    }
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

void SslServer::expire() {
    static_cast<void>(DTLSv1_handle_timeout(ssl_.get()));
    ERR_clear_error();
}

void SslServer::write(ByteView payload) {
    static_cast<void>(SSL_write(ssl_.get(), payload.data(), static_cast<int>(payload.size())));
    ERR_clear_error();
}

void SslServer::request_renegotiation() {
    require(SSL_renegotiate(ssl_.get()) == 1, "SSL_renegotiate");
    static_cast<void>(SSL_do_handshake(ssl_.get()));
    ERR_clear_error();
}

void SslServer::shut_down() {
    static_cast<void>(SSL_shutdown(ssl_.get()));
    ERR_clear_error();
}

bool SslServer::client_has_shown_a_certificate() const {
    return SSL_get0_peer_certificate(ssl_.get()) != nullptr;
}

}  // namespace trustx::test
