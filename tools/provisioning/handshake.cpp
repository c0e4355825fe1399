// SPDX-License-Identifier: Apache-2.0
#include "provisioning/handshake.hpp"

#include "common/files/input_error.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace trustx::provisioning {
namespace {

using Configuration = openssl::Handle<SSL_CTX, SSL_CTX_free>;
using Connection = openssl::Handle<SSL, SSL_free>;

void must_succeed(int result) {
    if (result <= 0) {
        throw std::bad_alloc{};
    }
}

tl::unexpected<Error> failed(const std::string& what) {
    return fail(InputErrc::check_failed,
                "the test handshake failed: " + what + ": " + to_string(openssl::take_errors()));
}

// server_certificate is self-signed and lives for this handshake. Nobody checks it: it is the client that is tested.
openssl::X509Certificate server_certificate(EVP_PKEY* key) {
    auto certificate = openssl::must<openssl::X509Certificate>(X509_new());
    constexpr long an_hour = 3600;
    must_succeed(X509_set_version(certificate.get(), 2));
    must_succeed(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -an_hour) != nullptr ? 1 : 0);
    must_succeed(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), an_hour) != nullptr ? 1 : 0);
    must_succeed(X509_set_pubkey(certificate.get(), key));
    must_succeed(X509_sign(certificate.get(), key, EVP_sha256()));
    return certificate;
}

Configuration server_configuration(const std::vector<x509::Certificate>& trusted) {
    auto server = openssl::must<Configuration>(SSL_CTX_new(TLS_server_method()));
    const auto key = openssl::must<openssl::Pkey>(EVP_EC_gen("P-256"));
    must_succeed(SSL_CTX_use_certificate(server.get(), server_certificate(key.get()).get()));
    must_succeed(SSL_CTX_use_PrivateKey(server.get(), key.get()));
    SSL_CTX_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    auto* store = SSL_CTX_get_cert_store(server.get());
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    for (const auto& certificate : trusted) {
        must_succeed(X509_STORE_add_cert(store, certificate.handle()));
    }
    return server;
}

Result<Configuration> client_configuration(EVP_PKEY* key, const std::vector<x509::Certificate>& chain) {
    auto client = openssl::must<Configuration>(SSL_CTX_new(TLS_client_method()));
    if (SSL_CTX_use_certificate(client.get(), chain.front().handle()) != 1 ||
        SSL_CTX_use_PrivateKey(client.get(), key) != 1) {
        return failed("OpenSSL does not take key and certificate as one identity");
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
        must_succeed(static_cast<int>(SSL_CTX_add1_chain_cert(client.get(), chain[i].handle())));
    }
    return client;
}

// connect makes the two ends of one connection.
void connect(SSL* client, SSL* server) {
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    constexpr std::size_t room = std::size_t{32} * 1024;
    must_succeed(BIO_new_bio_pair(&client_end, room, &server_end, room));
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
}

// advance goes on with one side; false: it failed.
bool advance(SSL* side) {
    const int done = SSL_do_handshake(side);
    const int reason = SSL_get_error(side, done);
    return done == 1 || reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

// run lets both sides speak in turns. In TLS 1.3 the client has finished before the server has seen its certificate.
Result<void> run(SSL* client, SSL* server) {
    constexpr int most_turns = 20;
    for (int turn = 0; turn < most_turns; ++turn) {
        if (!advance(client)) {
            return failed("the client, with the key in the chip");
        }
        if (!advance(server)) {
            return failed("the server, which checks the certificate");
        }
        if (SSL_is_init_finished(client) == 1 && SSL_is_init_finished(server) == 1) {
            return {};
        }
    }
    return failed("it does not end");
}

}  // namespace

Result<std::string> shake_hands(EVP_PKEY* key, const std::vector<x509::Certificate>& chain,
                                const std::vector<x509::Certificate>& trusted) {
    ERR_clear_error();
    const auto server_side = server_configuration(trusted);
    TRY(const auto client_side, client_configuration(key, chain));
    const auto server = openssl::must<Connection>(SSL_new(server_side.get()));
    const auto client = openssl::must<Connection>(SSL_new(client_side.get()));
    connect(client.get(), server.get());
    TRYV(run(client.get(), server.get()));
    ERR_clear_error();
    return std::string{SSL_get_version(server.get())};
}

Result<std::string> ProviderHandshake::prove(const KeyReference& key, const std::vector<x509::Certificate>& chain,
                                             const std::vector<x509::Certificate>& trusted) {
    const auto text = keys::key_file_text(key);
    ERR_clear_error();
    const auto handle = openssl::read_private_key(openssl::reading(text::as_bytes(text)).get());
    return handle ? shake_hands(handle.get(), chain, trusted) : failed("OpenSSL cannot use the key in the chip");
}

}  // namespace trustx::provisioning
