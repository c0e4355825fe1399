// SPDX-License-Identifier: Apache-2.0
// TLS with chip keys on either side: both versions, both curves, all arrangements of providers. Each full handshake
// uses a private key of the chip exactly once per side that has one; everything else uses none.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <map>
#include <vector>

#include <openssl/ssl.h>

using namespace trustx::test;

namespace {

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

    [[nodiscard]] Context context(const std::string& name, const SSL_METHOD* method, int version) const {
        Context ctx(SSL_CTX_new_ex(libctx.get(), nullptr, method));
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
        REQUIRE(BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1);
        SSL_set_bio(client.get(), client_end, client_end);
        SSL_set_bio(server.get(), server_end, server_end);
        SSL_set_connect_state(client.get());
        SSL_set_accept_state(server.get());
    }

    // handshake goes on until both are done or one fails, and leaves the errors of the one that failed first.
    [[nodiscard]] bool handshake() const {
        const auto go_on = [](const Connection& side, bool& done) {
            const int result = SSL_do_handshake(side.get());
            const int error = SSL_get_error(side.get(), result);
            done = result == 1;
            return done || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        };
        bool client_done = false;
        bool server_done = false;
        for (int round = 0; round < 50 && !(client_done && server_done); ++round) {
            if (!go_on(client, client_done) || !go_on(server, server_done)) {
                return false;
            }
        }
        return client_done && server_done;
    }

    // exchange proves that both agree on the keys, and delivers session tickets.
    [[nodiscard]] bool exchange() const {
        char byte = 'x';
        char back = 0;
        return SSL_write(client.get(), &byte, 1) == 1 && SSL_read(server.get(), &back, 1) == 1 &&
               SSL_write(server.get(), &back, 1) == 1 && SSL_read(client.get(), &back, 1) == 1 && back == byte;
    }
};

}  // namespace

TEST_CASE("a full handshake uses a chip key exactly once", "[tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const auto side = GENERATE(Parties::InChip::client, Parties::InChip::server);
    const auto group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", TLS version " << version << ", chip key of the "
                              << (side == Parties::InChip::client ? "client" : "server") << ", " << group);
    const Parties parties(side, group, arrangement);
    const Context client = parties.context("client", TLS_client_method(), version);
    const Context server = parties.context("server", TLS_server_method(), version);
    CHECK(parties.chip.transfers() == 0);  // loading keys and comparing them with certificates

    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    CHECK(parties.chip.private_key_uses() == 1);
    CHECK(take_errors().empty());
}

TEST_CASE("every signature algorithm that fits the key can be negotiated", "[tls]") {
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const Parties parties(Parties::InChip::client);
    const std::vector<std::string> algorithms =
        version == TLS1_2_VERSION ? std::vector<std::string>{"ECDSA+SHA256", "ECDSA+SHA384", "ECDSA+SHA512"}
                                  : std::vector<std::string>{"ECDSA+SHA256"};
    for (const auto& algorithm : algorithms) {
        const Context client = parties.context("client", TLS_client_method(), version);
        const Context server = parties.context("server", TLS_server_method(), version);
        REQUIRE(SSL_CTX_set1_client_sigalgs_list(server.get(), algorithm.c_str()) == 1);
        const Link link(client.get(), server.get());
        INFO(algorithm);
        REQUIRE(link.handshake());
    }
    CHECK(parties.chip.private_key_uses() == algorithms.size());
    static_cast<void>(take_errors());
}

TEST_CASE("groups that can be used are the same in every arrangement", "[tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto group = GENERATE("P-256", "P-384", "P-521", "X25519");
    const std::string context = GENERATE("isolated", "child");
    INFO(name_of(arrangement) << ", " << group << ", " << context);
    const Parties parties(Parties::InChip::server, "P-256", arrangement, {{"library-context", context}});
    const Context client = parties.context("client", TLS_client_method(), TLS1_3_VERSION);
    const Context server = parties.context("server", TLS_server_method(), TLS1_3_VERSION);
    REQUIRE(SSL_CTX_set1_groups_list(client.get(), group) == 1);
    REQUIRE(SSL_CTX_set1_groups_list(server.get(), group) == 1);
    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(parties.chip.private_key_uses() == 1);
    CHECK(parties.chip.stats().at("commands").value("GenKeyPair", 0) == 0);  // ephemeral keys stay in software
}

TEST_CASE("a resumed session uses no private key", "[tls]") {
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const Parties parties(Parties::InChip::client);
    const Context client = parties.context("client", TLS_client_method(), version);
    const Context server = parties.context("server", TLS_server_method(), version);
    const unsigned char id[] = "test";
    REQUIRE(SSL_CTX_set_session_id_context(server.get(), id, sizeof id) == 1);
    const Link first(client.get(), server.get());
    REQUIRE(first.handshake());
    REQUIRE(first.exchange());
    const Session session(SSL_get1_session(first.client.get()));
    CHECK(parties.chip.private_key_uses() == 1);

    const Link second(client.get(), server.get());
    REQUIRE(SSL_set_session(second.client.get(), session.get()) == 1);
    REQUIRE(second.handshake());
    REQUIRE(second.exchange());
    CHECK(SSL_session_reused(second.client.get()) == 1);
    CHECK(parties.chip.private_key_uses() == 1);
}

TEST_CASE("a certificate that does not fit the chip key is refused when it is loaded", "[tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Parties parties(Parties::InChip::client, "P-256", arrangement);
    const Context ctx(SSL_CTX_new_ex(parties.libctx.get(), nullptr, TLS_client_method()));
    REQUIRE(SSL_CTX_use_certificate_file(ctx.get(), parties.chip->path("server.crt").c_str(), SSL_FILETYPE_PEM) == 1);
    CHECK(SSL_CTX_use_PrivateKey_file(ctx.get(), parties.chip->path("client.key").c_str(), SSL_FILETYPE_PEM) != 1);
    CHECK_THAT(joined(take_errors()), ContainsSubstring("key values mismatch"));
    CHECK(parties.chip.transfers() == 0);
}

TEST_CASE("a handshake without the chip fails, and the first error names it", "[tls]") {
    Parties parties(Parties::InChip::client);
    const Context client = parties.context("client", TLS_client_method(), TLS1_3_VERSION);
    const Context server = parties.context("server", TLS_server_method(), TLS1_3_VERSION);
    parties.chip.simulator().kill9();
    const Link link(client.get(), server.get());
    CHECK_FALSE(link.handshake());
    const auto errors = take_errors();
    INFO(joined(errors));
    REQUIRE_FALSE(errors.empty());
    CHECK_THAT(errors.front(), ContainsSubstring("trustx: "));
    CHECK_THAT(errors.front(), ContainsSubstring("E0F1"));
}

TEST_CASE("s_client and s_server use TLS with chip keys, and the provider prints nothing", "[tls]") {
    const std::string version = GENERATE("-tls1_2", "-tls1_3");
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement) << " " << version);
    // Both keys are in the chip: two processes take turns with it.
    Parties parties(Parties::InChip::client, "P-256", arrangement);
    std::filesystem::rename(parties.chip.make_key("E0F2"), parties.chip->path("server.key"));
    const Bench& bench = parties.chip.bench();
    bench.must_openssl({"req", "-new", "-key", "server.key", "-subj", "/CN=server", "-out", "server.csr"});
    bench.must_openssl({"x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                        "-days", "2", "-out", "server.crt"});
    parties.chip.reset_counters();

    Process server("openssl",
                   {"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", "-cert", "server.crt", "-key",
                    "server.key", "-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error", version},
                   bench.process_options());
    const std::string accept = server.wait_for_line("ACCEPT");
    const std::string address = accept.substr(accept.find(' ') + 1);
    const Outcome client = bench.openssl({"s_client", "-connect", address, "-cert", "client.crt", "-key", "client.key",
                                          "-CAfile", "ca.pem", "-verify_return_error", "-brief", version},
                                         "hello\n");
    INFO(client.both());
    CHECK(client.ok());
    CHECK_THAT(client.err, ContainsSubstring("CONNECTION ESTABLISHED"));
    CHECK_THAT(client.err, ContainsSubstring("Verification: OK"));
    CHECK_THAT(client.both(), !ContainsSubstring("trustx"));
    // The server sends back what it got, reversed; s_client may have left by then.
    CHECK((client.out.empty() || client.out == "olleh\n"));
    const Outcome served = server.wait();
    INFO(served.both());
    CHECK_THAT(served.both(), ContainsSubstring("Verification: OK"));
    CHECK_THAT(served.both(), ContainsSubstring("CN = client") || ContainsSubstring("CN=client"));  // from 3.2 on
    CHECK_THAT(served.both(), !ContainsSubstring("trustx"));
    CHECK(parties.chip.private_key_uses() == 2);
}
