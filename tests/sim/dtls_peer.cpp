// SPDX-License-Identifier: Apache-2.0
#include "dtls_peer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/time.h>

namespace trustx::test {

namespace {

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string{"libssl failed in "} + what);
    }
}

void add_extension(X509* certificate, int type, const char* value) {
    const openssl::Handle<X509_EXTENSION, X509_EXTENSION_free> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, type, value)};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "an extension");
}

void add_unknown_extension(X509* certificate, const char* value) {
    const openssl::Handle<ASN1_OBJECT, ASN1_OBJECT_free> type{OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1)};
    const openssl::Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> content{ASN1_OCTET_STRING_new()};
    ASN1_STRING_set(content.get(), value, -1);
    const openssl::Handle<X509_EXTENSION, X509_EXTENSION_free> extension{
        X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, content.get())};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "an extension");
}

constexpr std::array<unsigned char, 20> cookie{'c', 'o', 'o', 'k', 'i', 'e'};

int make_cookie(SSL* /*ssl*/, unsigned char* out, unsigned int* size) {
    std::copy(cookie.begin(), cookie.end(), out);
    *size = cookie.size();
    return 1;
}

int check_cookie(SSL* /*ssl*/, const unsigned char* given, unsigned int size) {
    return size == cookie.size() && std::equal(cookie.begin(), cookie.end(), given) ? 1 : 0;
}

DtlsServer& server_of(BIO* bio) {
    return *static_cast<DtlsServer*>(BIO_get_data(bio));
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

BIO* make_bio(DtlsServer& server) {
    BIO* bio = BIO_new(datagram_bio());
    require(bio != nullptr, "BIO_new");
    BIO_set_data(bio, &server);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace

sim::Bytes Identity::der() const {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate.get(), &bytes);
    require(size > 0, "i2d_X509");
    const openssl::Memory owner{bytes};
    return {bytes, bytes + size};
}

sim::Bytes Identity::scalar() const {
    BIGNUM* number = nullptr;
    require(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1, "the private key");
    const openssl::Bignum owner{number};
    sim::Bytes bytes(static_cast<std::size_t>((EVP_PKEY_get_bits(key.get()) + 7) / 8));
    require(BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) > 0, "BN_bn2binpad");
    return bytes;
}

Identity issue(const std::string& name, const Identity* issuer, const CertificateOptions& options) {
    static long serial = 0;
    openssl::Pkey key{EVP_EC_gen(options.group)};
    require(key != nullptr, "EVP_EC_gen");
    openssl::X509Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), options.not_before);
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), options.not_after);
    const auto subject = openssl::must<openssl::X509Name>(X509_NAME_new());
    X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()),
                               -1, -1, 0);
    X509_set_subject_name(certificate.get(), subject.get());
    X509_set_issuer_name(certificate.get(),
                         issuer == nullptr ? subject.get() : X509_get_subject_name(issuer->certificate.get()));
    X509_set_pubkey(certificate.get(), key.get());
    const char* constraints = options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE";
    add_extension(certificate.get(), NID_basic_constraints,
                  options.constraints != nullptr ? options.constraints : constraints);
    if (options.usage != nullptr) {
        add_extension(certificate.get(), NID_key_usage, options.usage);
    }
    if (options.alternative_name != nullptr) {
        add_extension(certificate.get(), NID_subject_alt_name, options.alternative_name);
    }
    if (options.critical_extension != nullptr) {
        add_unknown_extension(certificate.get(), options.critical_extension);
    }
    EVP_PKEY* signer = issuer == nullptr ? key.get() : issuer->key.get();
    require(X509_sign(certificate.get(), signer, options.digest) > 0, "X509_sign");
    return {std::move(key), std::move(certificate)};
}

DtlsServer::DtlsServer(const Identity& identity, const ServerOptions& options)
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
    if (options.partial_chain) {
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
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

void DtlsServer::note_alert(const SSL* ssl, int where, int alert) {
    auto& server = *static_cast<DtlsServer*>(SSL_get_app_data(ssl));
    if ((where & SSL_CB_ALERT) != 0) {
        ((where & SSL_CB_READ) != 0 ? server.alerts_received_ : server.alerts_sent_).push_back(alert);
    }
}

std::optional<sim::Bytes> DtlsServer::give_to_bio() {
    if (incoming_.empty()) {
        return std::nullopt;
    }
    sim::Bytes datagram = std::move(incoming_.front());
    incoming_.pop_front();
    return datagram;
}

void DtlsServer::deliver(std::span<const std::uint8_t> datagram) {
    incoming_.emplace_back(datagram.begin(), datagram.end());
    work();
}

void DtlsServer::work() {
    if (!connected() && SSL_do_handshake(ssl_.get()) != 1) {
        ERR_clear_error();
        return;
    }
    sim::Bytes payload(4096);
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

std::optional<std::chrono::nanoseconds> DtlsServer::left() const {
    timeval time{};
    if (DTLSv1_get_timeout(ssl_.get(), &time) != 1) {
        return std::nullopt;
    }
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

void DtlsServer::expire() {
    static_cast<void>(DTLSv1_handle_timeout(ssl_.get()));
    ERR_clear_error();
}

void DtlsServer::write(std::span<const std::uint8_t> payload) {
    static_cast<void>(SSL_write(ssl_.get(), payload.data(), static_cast<int>(payload.size())));
    ERR_clear_error();
}

void DtlsServer::request_renegotiation() {
    require(SSL_renegotiate(ssl_.get()) == 1, "SSL_renegotiate");
    static_cast<void>(SSL_do_handshake(ssl_.get()));
    ERR_clear_error();
}

void DtlsServer::shut_down() {
    static_cast<void>(SSL_shutdown(ssl_.get()));
    ERR_clear_error();
}

sim::Bytes DtlsServer::joined_output() {
    sim::Bytes joined;
    for (const auto& datagram : output()) {
        joined.insert(joined.end(), datagram.begin(), datagram.end());
    }
    return joined;
}

sim::Bytes DtlsServer::exchange(const sim::Bytes& records) {
    deliver(records);
    return joined_output();
}

sim::Bytes DtlsServer::say(const std::string& text) {
    write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return joined_output();
}

std::string DtlsServer::read() {
    std::string text;
    for (; read_ < received_.size(); ++read_) {
        text.append(received_[read_].begin(), received_[read_].end());
    }
    return text;
}

bool DtlsServer::client_has_shown_a_certificate() const {
    return SSL_get0_peer_certificate(ssl_.get()) != nullptr;
}

std::size_t DtlsServer::client_chain_size() const {
    const int behind = sk_X509_num(SSL_get_peer_cert_chain(ssl_.get()));
    return static_cast<std::size_t>(std::max(behind, 0)) + (client_has_shown_a_certificate() ? 1 : 0);
}

bool DtlsServer::client_has_closed() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace trustx::test
