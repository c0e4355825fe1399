// SPDX-License-Identifier: Apache-2.0
// TLS with chip keys on either side: both versions, both curves, all arrangements of providers. Each full handshake
// uses a private key of the chip exactly once per side that has one; everything else uses none.
#include "support/catch.hpp"
#include "tls_parties.hpp"
#include "workbench.hpp"

#include <vector>

using namespace trustx::test;

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
