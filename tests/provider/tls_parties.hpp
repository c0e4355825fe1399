// SPDX-License-Identifier: Apache-2.0
// A client and a server of TLS with certificates, and a connection between them in memory.
#pragma once

#include "support/catch.hpp"
#include "workbench.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include <openssl/ssl.h>

namespace trustx::test {

using Context = Handle<SSL_CTX, SSL_CTX_free>;
using Connection = Handle<SSL, SSL_free>;
using Session = Handle<SSL_SESSION, SSL_SESSION_free>;

// A CA, a server and a client with certificates; one of the two keys is in the chip.
struct Parties {
    ChipBench chip;
    LibCtx libctx;

    enum class InChip { client, server };

    explicit Parties(InChip in_chip, const std::string& group = "P-256",
                     Arrangement arrangement = Arrangement::default_first,
                     const std::map<std::string, std::string>& settings = {})
        : chip(arrangement, settings), libctx(chip->libctx()) {
        chip->must_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "group:P-256", "-noenc", "-keyout", "ca.key",
                            "-out", "ca.pem", "-subj", "/CN=demo CA", "-days", "2"});
        make("client", in_chip == InChip::client, group);
        make("server", in_chip == InChip::server, group);
        chip.reset_counters();
    }

    void make(const std::string& name, bool in_chip, const std::string& group) {
        if (in_chip) {
            std::filesystem::rename(chip.make_key("E0F1", group), chip->path(name + ".key"));
        } else {
            chip->must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:" + group, "-out", name + ".key"});
        }
        chip->must_openssl({"req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr"});
        chip->must_openssl({"x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                            "-CAcreateserial", "-days", "2", "-out", name + ".crt"});
    }

    // context is in another library context than that of the bench when one is given.
    [[nodiscard]] Context context(const std::string& name, const SSL_METHOD* method, int version,
                                  OSSL_LIB_CTX* other = nullptr) const {
        Context ctx(SSL_CTX_new_ex(other != nullptr ? other : libctx.get(), nullptr, method));
        REQUIRE(ctx != nullptr);
        REQUIRE(SSL_CTX_set_min_proto_version(ctx.get(), version) == 1);
        REQUIRE(SSL_CTX_set_max_proto_version(ctx.get(), version) == 1);
        REQUIRE(SSL_CTX_load_verify_locations(ctx.get(), chip->path("ca.pem").c_str(), nullptr) == 1);
        SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        REQUIRE(SSL_CTX_use_certificate_file(ctx.get(), chip->path(name + ".crt").c_str(), SSL_FILETYPE_PEM) == 1);
        const int loaded = SSL_CTX_use_PrivateKey_file(ctx.get(), chip->path(name + ".key").c_str(), SSL_FILETYPE_PEM);
        INFO(joined(take_errors()));
        REQUIRE(loaded == 1);
        REQUIRE(SSL_CTX_check_private_key(ctx.get()) == 1);
        return ctx;
    }
};

// A connection through memory: no port, no thread, no waiting.
struct Link {
    Connection client;
    Connection server;

    Link(SSL_CTX* client_ctx, SSL_CTX* server_ctx) : client(SSL_new(client_ctx)), server(SSL_new(server_ctx)) {
        BIO* client_end = nullptr;
        BIO* server_end = nullptr;
        if (BIO_new_bio_pair(&client_end, 0, &server_end, 0) != 1) {
            throw std::runtime_error{"no memory for a connection"};  // threads have no assertions
        }
        SSL_set_bio(client.get(), client_end, client_end);
        SSL_set_bio(server.get(), server_end, server_end);
        SSL_set_connect_state(client.get());
        SSL_set_accept_state(server.get());
    }

    // handshake goes on until both are done or one fails, and leaves the errors of the one that failed first. steps is
    // after how many turns of one side it is broken off.
    [[nodiscard]] bool handshake(int steps = 100) const {
        std::array<bool, 2> done{};
        for (int step = 0; step < steps && !(done[0] && done[1]); ++step) {
            const bool of_client = step % 2 == 0;
            SSL* const side = of_client ? client.get() : server.get();
            const int result = SSL_do_handshake(side);
            const int error = SSL_get_error(side, result);
            done.at(of_client ? 0 : 1) = result == 1;
            if (result != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
                return false;
            }
        }
        return done[0] && done[1];
    }

    // renegotiate has the client begin another handshake in the connection.
    [[nodiscard]] bool renegotiate() const {
        char byte = 0;
        if (SSL_renegotiate(client.get()) != 1) {
            return false;
        }
        // One side finds the messages of the other while it reads.
        for (int step = 0; step < 10 && SSL_renegotiate_pending(client.get()) == 1; ++step) {
            static_cast<void>(SSL_do_handshake(client.get()));
            static_cast<void>(SSL_read(server.get(), &byte, 1));
        }
        return SSL_renegotiate_pending(client.get()) == 0;
    }

    // close says good-bye on both sides: a session is not resumed otherwise.
    void close() const {
        SSL_shutdown(client.get());
        SSL_shutdown(server.get());
    }

    // exchange proves that both agree on the keys, and delivers session tickets.
    [[nodiscard]] bool exchange() const {
        char byte = 'x';
        char back = 0;
        return SSL_write(client.get(), &byte, 1) == 1 && SSL_read(server.get(), &back, 1) == 1 &&
               SSL_write(server.get(), &back, 1) == 1 && SSL_read(client.get(), &back, 1) == 1 && back == byte;
    }
};

}  // namespace trustx::test
