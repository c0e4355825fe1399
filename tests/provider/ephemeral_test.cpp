// SPDX-License-Identifier: Apache-2.0
// scope = ephemeral: libssl's ephemeral keys are in session objects of the chip, which are four and are given back.
#include "handshakes.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "workbench.hpp"

#include <trustx/device.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <openssl/provider.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;
using namespace std::chrono_literals;
using trustx::provider::Reason;

TEST_CASE("the chip makes ephemeral keys and computes what is agreed", "[ephemeral]") {
    using Side = Handshakes::Side;
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const auto side = GENERATE(Side::client, Side::server, Side::both);
    const auto* const group = GENERATE("P-256:P-521", "P-384:P-256:P-521");
    INFO("TLS version " << version << ", " << name_of(side) << ", " << group);
    const Handshakes handshakes;
    const Context client = handshakes.client(version, side, group);
    const Context server = handshakes.server(version, side, group);
    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    const int sides = side == Side::both ? 2 : 1;
    CHECK(handshakes.commands("GenKeyPair") == sides);
    CHECK(handshakes.commands("CalcSSec") == sides);
    CHECK(handshakes.parties.chip.private_key_uses() == 1);  // the certificate's, as ever
    CHECK(handshakes.free_sessions() == 4);                  // although the connection is open
    CHECK(take_errors().empty());
}

TEST_CASE("a group that the chip does not have stays in software", "[ephemeral]") {
    const auto* const group = GENERATE("P-521", "X25519");
    const Handshakes handshakes;
    const Context client = handshakes.client(TLS1_3_VERSION, Handshakes::Side::both, group);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::both, group);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(handshakes.commands("GenKeyPair") == 0);
}

TEST_CASE("without the setting ephemeral keys stay in software", "[ephemeral]") {
    const Handshakes handshakes{{{"scope", "signature"}}};
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(handshakes.commands("GenKeyPair") == 0);
}

TEST_CASE("a scope that cannot be read lets handshakes fail, with the reason", "[ephemeral]") {
    const Handshakes handshakes;
    const LibCtx libctx = handshakes.parties.chip.with(Arrangement::ahead_by_name, {{"scope", "ephemeal"}}).libctx();
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    const Context client(SSL_CTX_new_ex(libctx.get(), nullptr, TLS_client_method()));
    REQUIRE(SSL_CTX_set1_groups_list(client.get(), groups) == 1);
    const Link link(client.get(), server.get());
    CHECK_FALSE(link.handshake());
    CHECK(take_reasons() == std::vector{Reason::setting_invalid});
}

TEST_CASE("whether the chip makes ephemeral keys depends on the name of the section, once a provider was added",
          "[ephemeral]") {
    const auto [arrangement, made] = GENERATE(table<Arrangement, int>({
        {Arrangement::ahead_by_name, 2},
        {Arrangement::trustx_first, 0},
        {Arrangement::default_first, 0},
    }));
    INFO(name_of(arrangement));
    const Handshakes handshakes{{}, arrangement};
    OSSL_PROVIDER* const base = OSSL_PROVIDER_load(handshakes.parties.libctx.get(), "base");
    REQUIRE(base != nullptr);
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(handshakes.commands("GenKeyPair") == made);
    CHECK(OSSL_PROVIDER_unload(base) == 1);
}

TEST_CASE("keys that programs ask for are never in a session object because of the scope", "[ephemeral]") {
    const Handshakes handshakes;
    const auto& bench = handshakes.parties.chip.bench();
    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", "made.key"});
    bench.must_openssl({"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "made.key"});
    bench.must_openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "group:P-256", "-noenc", "-keyout", "made.key",
                        "-subj", "/CN=made", "-out", "made.csr"});
    CHECK(handshakes.commands("GenKeyPair") == 0);
}

TEST_CASE("a key that libssl frees without having used it gives its session object back", "[ephemeral]") {
    const Handshakes handshakes;
    const Context client = handshakes.client(TLS1_3_VERSION);
    {
        const Context server = handshakes.server(TLS1_3_VERSION);
        const Link link(client.get(), server.get());
        first_flight(link.client);
        CHECK(handshakes.free_sessions() == 3);
    }
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a client that offers both versions to a server of the older one leaves one share behind", "[ephemeral]") {
    const Handshakes handshakes;
    const Context client = handshakes.client(TLS1_2_VERSION);
    REQUIRE(SSL_CTX_set_max_proto_version(client.get(), TLS1_3_VERSION) == 1);
    const Context server = handshakes.server(TLS1_2_VERSION, Handshakes::Side::client);
    {
        const Link link(client.get(), server.get());
        REQUIRE(link.handshake());
        CHECK(link.exchange());
        CHECK(handshakes.commands("GenKeyPair") == 2);
        CHECK(handshakes.commands("CalcSSec") == 1);
        CHECK(handshakes.free_sessions() == 3);
    }
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a server that wants another group gets another share, and the first one's session object is given back",
          "[ephemeral]") {
    const Handshakes handshakes;
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client, "P-384:P-521");
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(link.exchange());
    CHECK(handshakes.commands("GenKeyPair") == 2);
    CHECK(handshakes.commands("CalcSSec") == 1);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a handshake takes the session object of the oldest that does not go on", "[ephemeral]") {
    const Handshakes handshakes{{{"session-timeout-ms", "250"}}};
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    std::vector<std::unique_ptr<Link>> begun;
    for (int i = 0; i < 5; ++i) {
        begun.push_back(std::make_unique<Link>(client.get(), server.get()));
        first_flight(begun.back()->client);
    }
    CHECK_FALSE(begun.front()->handshake());
    CHECK(take_reasons() == std::vector{Reason::session_lost});
    for (std::size_t i = 1; i < begun.size(); ++i) {
        CHECK(begun.at(i)->handshake());
    }
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("where the chip cannot be used, a handshake fails or goes on in software, as it is set", "[ephemeral]") {
    const bool fallback = GENERATE(false, true);
    CAPTURE(fallback);
    Handshakes handshakes;
    Settings settings{{"scope", "ephemeral"}, {"ephemeral-fallback", fallback ? "software" : "fail"}};
    SECTION("because the program may not have the lock") {
        settings["lock-directory"] = "/nonexistent/locks";
    }
    SECTION("because nobody is there") {
        handshakes.parties.chip.simulator().kill9();
    }
    const LibCtx libctx = handshakes.parties.chip.with(Arrangement::ahead_by_name, settings).libctx();
    const Context client(SSL_CTX_new_ex(libctx.get(), nullptr, TLS_client_method()));
    REQUIRE(SSL_CTX_set1_groups_list(client.get(), groups) == 1);
    const Context server(SSL_CTX_new_ex(handshakes.software.get(), nullptr, TLS_server_method()));
    const auto& bench = handshakes.parties.chip;
    REQUIRE(SSL_CTX_use_certificate_file(server.get(), bench->path("server.crt").c_str(), SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(server.get(), bench->path("server.key").c_str(), SSL_FILETYPE_PEM) == 1);
    const Link link(client.get(), server.get());
    CHECK(link.handshake() == fallback);
    const auto reasons = take_reasons();
    CHECK(reasons.empty() == fallback);
}

TEST_CASE("a thread that has begun more handshakes than there are session objects does not wait for itself",
          "[ephemeral]") {
    const bool fallback = GENERATE(false, true);
    const int of_others = GENERATE(0, 3);
    CAPTURE(fallback, of_others);
    Settings settings{{"session-timeout-ms", "600000"}};
    if (fallback) {
        settings["ephemeral-fallback"] = "software";
    }
    const Handshakes handshakes{settings};
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    const auto device = handshakes.device();
    std::vector<trustx::SessionLease> others;
    for (int i = 0; i < of_others; ++i) {
        others.push_back(device->lease_session().value());
    }
    std::vector<std::unique_ptr<Link>> begun;
    for (int i = 0; i < 6; ++i) {
        begun.push_back(std::make_unique<Link>(client.get(), server.get()));
        first_flight(begun.back()->client);
    }
    int succeeded = 0;
    for (const auto& link : begun) {
        succeeded += link->handshake() ? 1 : 0;
    }
    CHECK(succeeded == (fallback ? 6 : 4 - of_others));
    CHECK(handshakes.commands("GenKeyPair") == (fallback ? 4 - of_others : 6));
    CHECK(handshakes.free_sessions() == 4 - of_others);
    static_cast<void>(take_errors());
}

TEST_CASE("where others have all session objects, a handshake fails or goes on in software, as it is set",
          "[ephemeral]") {
    const bool fallback = GENERATE(false, true);
    Settings settings{{"session-timeout-ms", "20"}};
    if (fallback) {
        settings["ephemeral-fallback"] = "software";
    }
    const Handshakes handshakes{settings};
    const auto other = handshakes.device();
    std::vector<trustx::SessionLease> leases;
    for (int i = 0; i < 4; ++i) {
        leases.push_back(other->lease_session().value());
    }
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    {
        const Link link(client.get(), server.get());
        CHECK(link.handshake() == fallback);
        const auto reasons = take_reasons();
        CHECK((fallback || reasons == std::vector{Reason::session_unavailable}));
        CHECK(handshakes.commands("GenKeyPair") == 0);
    }
    leases.pop_back();
    const Link link(client.get(), server.get());
    CHECK(link.handshake());
    CHECK(handshakes.commands("CalcSSec") == 1);
}

TEST_CASE("two processes with four threads each share four session objects, and none is lost", "[ephemeral]") {
    constexpr int in_each = 6;
    const std::string scope = GENERATE(as<std::string>{}, "ephemeral", "key-schedule");
    CAPTURE(scope);
    const Handshakes handshakes{{{"scope", scope}}, Arrangement::ahead_and_preferred};
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::_exit(handshakes_in_threads(handshakes, in_each) == 4 * in_each ? 0 : 1);
    }
    CHECK(handshakes_in_threads(handshakes, in_each) == 4 * in_each);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(handshakes.commands("CalcSSec") == 2 * 4 * in_each);
    CHECK(handshakes.commands("DeriveKey") == (scope == "key-schedule" ? 4 * 2 * 4 * in_each : 0));
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a process that is killed in the middle of handshakes leaves its session objects to others", "[ephemeral]") {
    const std::string scope = GENERATE(as<std::string>{}, "ephemeral", "key-schedule");
    CAPTURE(scope);
    const Handshakes handshakes{{{"scope", scope}}, Arrangement::ahead_and_preferred};
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        static_cast<void>(handshakes_in_threads(handshakes, 100'000));
        ::_exit(0);
    }
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (handshakes.commands("CalcSSec") < 8 && std::chrono::steady_clock::now() < deadline) {
    }
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(handshakes_in_threads(handshakes, 2) == 8);
    const auto device = handshakes.device();
    std::vector<trustx::SessionLease> leases;
    for (int i = 0; i < 4; ++i) {
        leases.push_back(device->lease_session(10s).value());  // those set aside, when the time is over
    }
}

TEST_CASE("a forked child neither uses nor gives back its parent's session objects", "[ephemeral]") {
    const Handshakes handshakes;
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    auto link = std::make_unique<Link>(client.get(), server.get());
    first_flight(link->client);
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool refused = !link->handshake();
        const bool said = take_reasons() == std::vector{Reason::session_lost};
        link.reset();
        ::_exit(refused && said && handshakes_in_threads(handshakes, 1) == 4 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(link->handshake());
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a handshake that is broken off after any message leaves no session object behind", "[ephemeral]") {
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const Handshakes handshakes;
    const Context client = handshakes.client(version);
    const Context server = handshakes.server(version);
    break_off_after_each_step(client, server);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a share that is no point is refused", "[ephemeral]") {
    const Handshakes handshakes;
    OSSL_LIB_CTX* const libctx = handshakes.parties.libctx.get();
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx, "TRUSTX-ECDHE", nullptr));
    REQUIRE(ctx != nullptr);
    EVP_PKEY* made = nullptr;
    REQUIRE(EVP_PKEY_paramgen_init(ctx.get()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_group_name(ctx.get(), "P-256") == 1);
    REQUIRE(EVP_PKEY_paramgen(ctx.get(), &made) == 1);
    const Pkey peer(made);
    CHECK(handshakes.commands("GenKeyPair") == 0);
    std::array<unsigned char, 65> share{};
    const auto refused = [&](std::size_t size) {
        return EVP_PKEY_set1_encoded_public_key(peer.get(), share.data(), size) != 1;
    };
    share[0] = 4;
    CHECK(refused(share.size()));  // not on the curve
    CHECK(refused(64));
    CHECK(refused(0));
    share[0] = 2;
    CHECK(refused(33));  // compressed
    share[0] = 0;
    CHECK(refused(1));  // infinity
    static_cast<void>(take_errors());
}

TEST_CASE("a chip that was reset in the middle of a handshake ends it with a reason", "[ephemeral]") {
    Handshakes handshakes;
    const Context client = handshakes.client(TLS1_3_VERSION);
    const Context server = handshakes.server(TLS1_3_VERSION, Handshakes::Side::client);
    const Link link(client.get(), server.get());
    first_flight(link.client);
    static_cast<void>(handshakes.parties.chip.simulator().control({"reset"}));
    CHECK_FALSE(link.handshake());
    CHECK(take_reasons() == std::vector{Reason::session_lost});
    const Link next(client.get(), server.get());
    CHECK(next.handshake());
}
