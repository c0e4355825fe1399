// SPDX-License-Identifier: Apache-2.0
#include "stress_tls.hpp"

#include "support/issue_certificate.hpp"

#include <trustx/key_reference.hpp>

#include <cstdio>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace trustx::test {
namespace {

using openssl::Pkey;
using PkeyCtx = openssl::PkeyContext;
using Certificate = openssl::X509Certificate;
using File = openssl::Bio;
using Context = openssl::Handle<SSL_CTX, SSL_CTX_free>;
using Connection = openssl::Handle<SSL, SSL_free>;

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error{what};
    }
}

Pkey public_key(const PublicKey& key) {
    const auto der = key.subject_public_key_info();
    const unsigned char* at = der.data();
    return Pkey{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
}

void write_pem(const std::filesystem::path& path, X509* certificate, EVP_PKEY* key = nullptr) {
    const File file{BIO_new_file(path.c_str(), "w")};
    require(file && PEM_write_bio_X509(file.get(), certificate) == 1, "write a certificate");
    require(key == nullptr || PEM_write_bio_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "write a key");
}

std::string first_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(code);
    return code == 0 ? "no error queued" : reason != nullptr ? reason : "error " + std::to_string(code);
}

// pump carries bytes between the two ends until both are done or one fails.
bool pump(SSL* client, SSL* server) {
    for (int round = 0; round < 20; ++round) {
        const int client_done = SSL_do_handshake(client);
        if (client_done <= 0 && SSL_get_error(client, client_done) != SSL_ERROR_WANT_READ) {
            return false;
        }
        const int server_done = SSL_do_handshake(server);
        if (server_done <= 0 && SSL_get_error(server, server_done) != SSL_ERROR_WANT_READ) {
            return false;
        }
        if (client_done == 1 && server_done == 1) {
            return true;
        }
    }
    return false;
}

}  // namespace

void write_identity(const std::filesystem::path& directory, const PublicKey& client_key) {
    const Pkey ca_key{EVP_EC_gen("P-256")};
    const Pkey server_key{EVP_EC_gen("P-256")};
    const auto chip_key = public_key(client_key);
    require(ca_key && server_key && chip_key, "make the keys");
    const auto ca = issue_certificate(ca_key.get(), "stress CA", nullptr, ca_key.get());
    write_pem(directory / "ca.pem", ca.get());
    write_pem(directory / "server.pem", issue_certificate(server_key.get(), "server", ca.get(), ca_key.get()).get(),
              server_key.get());
    write_pem(directory / "client.pem", issue_certificate(chip_key.get(), "client", ca.get(), ca_key.get()).get());
}

std::string handshake(const std::filesystem::path& directory, const std::filesystem::path& client_key) {
    ERR_clear_error();
    const auto ca = directory / "ca.pem";
    const auto server_file = directory / "server.pem";
    const Context server_context{SSL_CTX_new(TLS_server_method())};
    const Context client_context{SSL_CTX_new(TLS_client_method())};
    const bool ready =
        SSL_CTX_use_certificate_file(server_context.get(), server_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_use_PrivateKey_file(server_context.get(), server_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_load_verify_locations(server_context.get(), ca.c_str(), nullptr) == 1 &&
        SSL_CTX_use_certificate_file(client_context.get(), (directory / "client.pem").c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_use_PrivateKey_file(client_context.get(), client_key.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_load_verify_locations(client_context.get(), ca.c_str(), nullptr) == 1;
    if (!ready) {
        return first_error();
    }
    SSL_CTX_set_verify(server_context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_verify(client_context.get(), SSL_VERIFY_PEER, nullptr);
    const Connection server{SSL_new(server_context.get())};
    const Connection client{SSL_new(client_context.get())};
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    constexpr std::size_t default_size = 0;
    if (BIO_new_bio_pair(&server_end, default_size, &client_end, default_size) != 1) {
        return first_error();
    }
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (!pump(client.get(), server.get())) {
        return first_error();
    }
    const Certificate peer{SSL_get1_peer_certificate(server.get())};
    return peer && SSL_get_verify_result(server.get()) == X509_V_OK ? "" : "the server saw no good certificate";
}

PublicKey key_of_reference(const std::filesystem::path& pem) {
    std::FILE* file = std::fopen(pem.c_str(), "r");
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (file == nullptr || PEM_read(file, &name, &header, &data, &size) != 1) {
        throw std::runtime_error{"read " + pem.string()};
    }
    const auto reference = KeyReference::from_der({data, static_cast<std::size_t>(size)}).value();
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    std::fclose(file);
    return reference.public_key;
}

bool verify_ecdsa(const PublicKey& key, ByteView digest, const Signature& signature) {
    const auto pkey = public_key(key);
    const PkeyCtx context{EVP_PKEY_CTX_new(pkey.get(), nullptr)};
    const auto der = signature.der();
    return EVP_PKEY_verify_init(context.get()) == 1 &&
           EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
}

}  // namespace trustx::test
