// SPDX-License-Identifier: Apache-2.0
#include "tls_pair.hpp"

#include "support/issue_certificate.hpp"

#include <ctime>
#include <stdexcept>

#include <openssl/pem.h>

namespace trustx::test {
namespace {

using Connection = Handle<SSL, SSL_free>;

void write_pem(const std::string& file, X509* certificate) {
    const Bio bio(BIO_new_file(file.c_str(), "w"));
    require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
}

Handle<SSL_CTX, SSL_CTX_free> context(OSSL_LIB_CTX* libctx, const SSL_METHOD* method, const TlsFiles& files,
                                      const std::string& certificate, const std::string& key,
                                      const TlsOptions& options) {
    Handle<SSL_CTX, SSL_CTX_free> made(SSL_CTX_new_ex(libctx, nullptr, method));
    require(made != nullptr, "make a TLS context");
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(made.get(), 0);
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    require(SSL_CTX_set_min_proto_version(made.get(), options.version) == 1 &&
                SSL_CTX_set_max_proto_version(made.get(), options.version) == 1 &&
                (options.groups == nullptr || SSL_CTX_set1_groups_list(made.get(), options.groups) == 1) &&
                (options.suites == nullptr || SSL_CTX_set_cipher_list(made.get(), options.suites) == 1) &&
                SSL_CTX_load_verify_locations(made.get(), (files / "ca.pem").c_str(), nullptr) == 1 &&
                SSL_CTX_use_certificate_file(made.get(), certificate.c_str(), SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_use_PrivateKey_file(made.get(), key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_check_private_key(made.get()) == 1,
            "set up TLS");
    return made;
}

// advance goes on with one side; true when it is done.
bool advance(SSL* side) {
    const int result = SSL_do_handshake(side);
    require(result == 1 || SSL_get_error(side, result) == SSL_ERROR_WANT_READ, "shake hands");
    return result == 1;
}

std::chrono::nanoseconds thread_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace

void require(bool condition, const char* what) {
    if (!condition) {
        throw std::runtime_error(std::string("cannot ") + what + ": " + joined(take_errors()));
    }
}

void issue_certificates(const TlsFiles& files, EVP_PKEY* client_key) {
    const Pkey ca_key(EVP_EC_gen("P-256"));
    const Pkey server_key(EVP_EC_gen("P-256"));
    require(ca_key && server_key, "make keys");
    const Certificate ca = issue_certificate(ca_key.get(), "bench CA", nullptr, ca_key.get());
    write_pem(files / "ca.pem", ca.get());
    write_pem(files / "server.pem", issue_certificate(server_key.get(), "server", ca.get(), ca_key.get()).get());
    write_pem(files / "client.pem", issue_certificate(client_key, "client", ca.get(), ca_key.get()).get());
    const Bio bio(BIO_new_file((files / "server.key").c_str(), "w"));
    require(bio && PEM_write_bio_PrivateKey(bio.get(), server_key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "write a key");
}

TlsPair::TlsPair(TlsContexts contexts, const TlsFiles& files, const std::filesystem::path& client_key,
                 const TlsOptions& options)
    : client_(context(contexts.client, TLS_client_method(), files, files / "client.pem", client_key.string(), options)),
      server_(
          context(contexts.server, TLS_server_method(), files, files / "server.pem", files / "server.key", options)) {}

TlsTime TlsPair::handshake() const {
    const Connection client(SSL_new(client_.get()));
    const Connection server(SSL_new(server_.get()));
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    require(client && server && BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1, "connect");
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    TlsTime took;
    bool done = false;
    for (int round = 0; round < 20 && !done; ++round) {
        const auto cpu = thread_time();
        const auto start = std::chrono::steady_clock::now();
        const bool client_done = advance(client.get());
        took.client_wall += std::chrono::steady_clock::now() - start;
        took.client_cpu += thread_time() - cpu;
        done = advance(server.get()) && client_done;
    }
    require(done, "finish a handshake");
    return took;
}

}  // namespace trustx::test
