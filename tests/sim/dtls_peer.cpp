// SPDX-License-Identifier: Apache-2.0
#include "dtls_peer.hpp"

#include <array>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

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
    require(SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0") == 1, "the cipher");
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
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
    require(DTLS_set_link_mtu(ssl_.get(), 1500) == 1, "the MTU");
    SSL_set_accept_state(ssl_.get());
}

sim::Bytes DtlsServer::sent() {
    BIO* bio = SSL_get_wbio(ssl_.get());
    sim::Bytes bytes(BIO_ctrl_pending(bio));
    if (!bytes.empty()) {
        require(BIO_read(bio, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()),
                "BIO_read");
    }
    return bytes;
}

sim::Bytes DtlsServer::exchange(const sim::Bytes& datagrams) {
    require(BIO_write(SSL_get_rbio(ssl_.get()), datagrams.data(), static_cast<int>(datagrams.size())) > 0, "BIO_write");
    if (!connected()) {
        static_cast<void>(SSL_do_handshake(ssl_.get()));
        ERR_clear_error();
    }
    return sent();
}

bool DtlsServer::connected() const {
    return SSL_is_init_finished(ssl_.get()) == 1;
}

std::string DtlsServer::read() {
    std::string text(5000, '\0');
    const int size = SSL_read(ssl_.get(), text.data(), static_cast<int>(text.size()));
    ERR_clear_error();
    text.resize(static_cast<std::size_t>(std::max(size, 0)));
    return text;
}

sim::Bytes DtlsServer::write(const std::string& text) {
    require(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0, "SSL_write");
    return sent();
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
