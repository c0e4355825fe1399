// SPDX-License-Identifier: Apache-2.0
// scope = key-schedule: in TLS 1.2 the premaster and master secrets stay in a session object of the chip, and libssl
// handles stand-ins for them.
#include "default_properties.hpp"
#include "handshakes.hpp"
#include "held_sessions.hpp"
#include "reason.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "tls_record.hpp"
#include "workbench.hpp"

#include <trustx/device.hpp>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <openssl/kdf.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;
using namespace std::chrono_literals;
using trustx::provider::Reason;

namespace {

using Side = Handshakes::Side;

struct KeySchedule : Handshakes {
    explicit KeySchedule(Settings settings = {}, Arrangement arrangement = Arrangement::ahead_and_preferred)
        : Handshakes{with_scope(std::move(settings)), arrangement} {}

    static Settings with_scope(Settings settings) {
        settings.try_emplace("scope", "key-schedule");
        return settings;
    }

    [[nodiscard]] Context client_of(Side side = Side::both, const char* cipher = with_sha256,
                                    int version = TLS1_2_VERSION) const {
        return with_cipher(client(version, side), cipher);
    }
    [[nodiscard]] Context server_of(Side side = Side::both, const char* cipher = with_sha256,
                                    int version = TLS1_2_VERSION) const {
        Context ctx = with_cipher(server(version, side), cipher);
        // Without one, sessions of clients with certificates are not resumed.
        REQUIRE(SSL_CTX_set_session_id_context(ctx.get(), reinterpret_cast<const unsigned char*>("t"), 1) == 1);
        return ctx;
    }

 private:
    static Context with_cipher(Context ctx, const char* cipher) {
        REQUIRE(SSL_CTX_set_cipher_list(ctx.get(), cipher) == 1);
        return ctx;
    }
};

std::string master_key_of(const SSL* connection) {
    std::string key(64, '\0');
    key.resize(SSL_SESSION_get_master_key(SSL_get0_session(connection), reinterpret_cast<unsigned char*>(key.data()),
                                          key.size()));
    return key;
}

// session_of is that of a connection that is over.
Session session_of(const Context& client, const Context& server) {
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    REQUIRE(link.exchange());
    Session session(SSL_get1_session(link.client.get()));
    link.close();
    return session;
}

// leave_after_key_exchange is a client that goes away when it has sent its part of the key agreement.
void leave_after_key_exchange(SSL_CTX* client_ctx, SSL_CTX* server_ctx) {
    constexpr char client_key_exchange = 16;
    const Connection client(SSL_new(client_ctx));
    const Connection server(SSL_new(server_ctx));
    for (SSL* const side : {client.get(), server.get()}) {
        SSL_set_bio(side, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    const auto said_by = [](SSL* side) {
        const int result = SSL_do_handshake(side);
        REQUIRE(SSL_get_error(side, result) == SSL_ERROR_WANT_READ);
        char* data = nullptr;
        const long size = BIO_get_mem_data(SSL_get_wbio(side), &data);
        std::string said(data, static_cast<std::size_t>(size));
        REQUIRE(BIO_reset(SSL_get_wbio(side)) == 1);
        return said;
    };
    const auto tell = [](SSL* side, const std::string& bytes) {
        REQUIRE(BIO_write(SSL_get_rbio(side), bytes.data(), static_cast<int>(bytes.size())) ==
                static_cast<int>(bytes.size()));
    };
    tell(server.get(), said_by(client.get()));
    tell(client.get(), said_by(server.get()));
    const auto flight = said_by(client.get());
    std::size_t end = 0;
    bool agreed = false;
    for (const auto& record : tls_records(flight)) {
        if (!agreed) {
            end += TlsRecord::header_size + record.fragment.size();
            agreed = record.type == TlsRecord::handshake && record.fragment.front() == client_key_exchange;
        }
    }
    REQUIRE(agreed);
    tell(server.get(), flight.substr(0, end));
    static_cast<void>(said_by(server.get()));
}

std::string exported_by(SSL* connection, std::size_t size = 40) {
    std::string out(size, '\0');
    const std::string label = "EXPORTER-test";
    return SSL_export_keying_material(connection, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                      label.data(), label.size(), nullptr, 0, 0) == 1
               ? out
               : "";
}

// derived_from asks the KDF that libssl gets for the secret of a key expansion.
bool derived_from(OSSL_LIB_CTX* libctx, std::string secret) {
    const Handle<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(libctx, "TLS1-PRF", nullptr));
    const Handle<EVP_KDF_CTX, EVP_KDF_CTX_free> ctx(EVP_KDF_CTX_new(kdf.get()));
    std::string digest = "SHA2-256";
    std::string seed = "key expansion";
    std::array<unsigned char, 40> out{};
    const std::array<OSSL_PARAM, 4> params{OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
                                           OSSL_PARAM_construct_octet_string("secret", secret.data(), secret.size()),
                                           OSSL_PARAM_construct_octet_string("seed", seed.data(), seed.size()),
                                           OSSL_PARAM_construct_end()};
    return EVP_KDF_derive(ctx.get(), out.data(), out.size(), params.data()) == 1;
}

}  // namespace

TEST_CASE("the chip keeps the secrets of TLS 1.2 with SHA-256", "[key_schedule]") {
    const auto side = GENERATE(Side::client, Side::server, Side::both);
    const auto* const group = GENERATE("P-256:P-521", "P-384:P-256:P-521");
    const bool extended = GENERATE(true, false);
    INFO(name_of(side) << ", " << group << (extended ? ", extended master secret" : ""));
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(side);
    const Context server = handshakes.server_of(side);
    REQUIRE(SSL_CTX_set1_groups_list(client.get(), group) == 1);
    REQUIRE(SSL_CTX_set1_groups_list(server.get(), group) == 1);
    if (!extended) {
        SSL_CTX_set_options(client.get(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
    }
    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    const int sides = side == Side::both ? 2 : 1;
    CHECK(handshakes.commands("GenKeyPair") == sides);
    CHECK(handshakes.commands("CalcSSec") == sides);
    CHECK(handshakes.commands("DeriveKey") == 4 * sides);
    CHECK(handshakes.parties.chip.private_key_uses() == 1);
    CHECK(handshakes.free_sessions() == 4);
    CHECK(take_errors().empty());
    // What each has for the master secret is the same only where neither has a stand-in.
    CHECK(master_key_of(link.client.get()) != master_key_of(link.server.get()));
    CHECK((side == Side::server || master_key_of(link.client.get()).starts_with("trustx")));
    CHECK((side == Side::client || master_key_of(link.server.get()).starts_with("trustx")));
}

TEST_CASE("where the chip cannot derive, only the ephemeral key is in it", "[key_schedule]") {
    const auto [version, cipher] = GENERATE(table<int, const char*>({
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {TLS1_3_VERSION, with_sha256},
        {TLS1_1_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"},
    }));
    INFO("TLS version " << version << ", " << cipher);
    const TempDir directory;
    const auto trace = directory.path() / "trace";
    const KeySchedule handshakes{{{"trace", trace.string()}}};
    const Context client = handshakes.client_of(Side::client, cipher, version);
    const Context server = handshakes.server_of(Side::client, cipher, version);
    SSL_CTX_set_verify(server.get(), SSL_VERIFY_NONE,
                       nullptr);  // TLS 1.1 signs with SHA-1, which the chip key does not
    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    CHECK(handshakes.commands("GenKeyPair") == 1);
    CHECK(handshakes.commands("CalcSSec") == 1);
    CHECK(handshakes.commands("DeriveKey") == 0);
    CHECK(handshakes.free_sessions() == 4);
    CHECK_THAT(read_file(trace), ContainsSubstring("gave out an agreed secret"));
    CHECK_FALSE(master_key_of(link.client.get()).starts_with("trustx"));
}

TEST_CASE("with a pre-shared key only the ephemeral key is in the chip", "[key_schedule]") {
    const KeySchedule handshakes;
    const char* const cipher = "ECDHE-PSK-AES128-CBC-SHA256";
    const Context client = handshakes.client_of(Side::client, cipher);
    const Context server = handshakes.server_of(Side::client, cipher);
    SSL_CTX_set_psk_client_callback(
        client.get(),
        [](SSL*, const char*, char* identity, unsigned int, unsigned char* psk, unsigned int) -> unsigned int {
            std::string_view{"me"}.copy(identity, 3);
            identity[2] = '\0';
            std::fill_n(psk, 16, static_cast<unsigned char>('k'));
            return 16;
        });
    SSL_CTX_set_psk_server_callback(server.get(),
                                    [](SSL*, const char*, unsigned char* psk, unsigned int) -> unsigned int {
                                        std::fill_n(psk, 16, static_cast<unsigned char>('k'));
                                        return 16;
                                    });
    const Link link(client.get(), server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    CHECK(handshakes.commands("CalcSSec") == 1);
    CHECK(handshakes.commands("DeriveKey") == 0);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("where the program does not prefer us, secrets of TLS leave the chip, and the trace says why",
          "[key_schedule]") {
    const TempDir directory;
    const auto trace = directory.path() / "trace";
    const KeySchedule handshakes{{{"trace", trace.string()}}, Arrangement::ahead_by_name};
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(handshakes.commands("CalcSSec") == 1);
    CHECK(handshakes.commands("DeriveKey") == 0);
    CHECK_THAT(read_file(trace), ContainsSubstring("?provider=trustx"));
    // They may be changed while the program runs.
    REQUIRE(EVP_set_default_properties(handshakes.parties.libctx.get(), "?provider=trustx") == 1);
    const Link preferred(client.get(), server.get());
    REQUIRE(preferred.handshake());
    CHECK(handshakes.commands("DeriveKey") == 4);
}

TEST_CASE("default properties are read as libcrypto reads them", "[key_schedule]") {
    using trustx::provider::prefers_us;
    for (const char* query : {"?provider=trustx", "provider=trustx", "fips=yes,?provider=trustx",
                              "?provider = trustx , fips=no", "?provider='trustx'"}) {
        CAPTURE(query);
        CHECK(prefers_us(query));
    }
    for (const char* query : {"", "?provider=default", "provider!=trustx", "?provider=trustx2", "-provider", ",,"}) {
        CAPTURE(query);
        CHECK_FALSE(prefers_us(query));
    }
}

TEST_CASE("what a key log has of a connection decrypts nothing of it", "[key_schedule]") {
    const auto scope = GENERATE(as<std::string>{}, "signature", "ephemeral", "key-schedule");
    CAPTURE(scope);
    const KeySchedule handshakes{{{"scope", scope}}};
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    static std::vector<std::string> logged;
    logged.clear();
    SSL_CTX_set_keylog_callback(client.get(), [](const SSL*, const char* line) { logged.emplace_back(line); });
    const Link link(client.get(), server.get());
    const Wiretap wiretap(link.client.get());
    REQUIRE(link.handshake());
    REQUIRE(link.exchange());
    REQUIRE(logged.size() == 1);
    const auto decrypted = wiretap.decrypt(logged.front());
    CHECK(decrypted == (scope == "key-schedule" ? std::nullopt : std::optional<std::string>{"x"}));
    // The other side's log does, so nothing else is wrong with the decryptor.
    const auto of_server = "CLIENT_RANDOM " + wiretap.client_random() + " " + hex_of(master_key_of(link.server.get()));
    CHECK(wiretap.decrypt(of_server) == "x");
}

TEST_CASE("a session is resumed while the chip has its master secret, and fails with a reason afterwards",
          "[key_schedule]") {
    const bool tickets = GENERATE(true, false);
    const auto side = GENERATE(Side::client, Side::server);
    INFO((tickets ? "tickets, " : "session ids, ") << name_of(side));
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(side);
    const Context server = handshakes.server_of(side);
    if (!tickets) {
        SSL_CTX_set_options(server.get(), SSL_OP_NO_TICKET);
    }
    const Session session = session_of(client, server);
    for (int resumed = 1; resumed <= 2; ++resumed) {
        CAPTURE(resumed);
        handshakes.parties.chip.reset_counters();
        const Link link(client.get(), server.get());
        REQUIRE(SSL_set_session(link.client.get(), session.get()) == 1);
        const bool done = link.handshake();
        INFO(joined(take_errors()));
        REQUIRE(done);
        CHECK(SSL_session_reused(link.client.get()) == 1);
        CHECK(link.exchange());
        CHECK(handshakes.commands("GenKeyPair") == 0);
        CHECK(handshakes.commands("DeriveKey") == 3);
        link.close();
    }
    CHECK(handshakes.free_sessions() == 4);  // which somebody else has leased now
    {
        const Link link(client.get(), server.get());
        REQUIRE(SSL_set_session(link.client.get(), session.get()) == 1);
        CHECK_FALSE(link.handshake());
        CHECK(take_reasons() == std::vector{Reason::session_lost});
    }
    const Link link(client.get(), server.get());
    CHECK(link.handshake());
    static_cast<void>(take_errors());
}

TEST_CASE("a resumption that is broken off leaves no session object behind", "[key_schedule]") {
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    const Session session = session_of(client, server);
    for (int steps = 1; steps <= 3; ++steps) {
        CAPTURE(steps);
        const Link link(client.get(), server.get());
        REQUIRE(SSL_set_session(link.client.get(), session.get()) == 1);
        static_cast<void>(link.handshake(steps));
        if (steps == 3) {
            CHECK(handshakes.free_sessions() == 4);
        }
    }
}

TEST_CASE("threads resume one session at one time", "[key_schedule]") {
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    const Session session = session_of(client, server);
    std::atomic<int> resumed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int made = 0; made < 5; ++made) {
                const Link link(client.get(), server.get());
                SSL_set_session(link.client.get(), session.get());
                resumed += link.handshake() && SSL_session_reused(link.client.get()) == 1 ? 1 : 0;
                link.close();
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(resumed == 20);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("threads that make the first handshakes of a program at one time use one chip", "[key_schedule]") {
    const KeySchedule handshakes;
    for (int program = 0; program < 20; ++program) {
        CHECK(handshakes_in_threads(handshakes, 1) == 4);
    }
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("keys are exported while the chip has the master secret", "[key_schedule]") {
    const auto side = GENERATE(Side::client, Side::server);
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(side);
    const Context server = handshakes.server_of(side);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    const Connection& in_chip = side == Side::client ? link.client : link.server;
    const Connection& in_software = side == Side::client ? link.server : link.client;
    CHECK(exported_by(in_chip.get()) == exported_by(in_software.get()));
    CHECK(exported_by(in_chip.get(), 8) == exported_by(in_software.get(), 8));
    CHECK(exported_by(in_chip.get(), 300).empty());
    CHECK(take_reasons() == std::vector{Reason::parameter_invalid});
    CHECK(exported_by(in_chip.get()) == exported_by(in_software.get()));
    CHECK(handshakes.free_sessions() == 4);  // which somebody else has leased now
    CHECK(exported_by(in_chip.get()).empty());
    CHECK(take_reasons() == std::vector{Reason::session_lost});
    CHECK(link.exchange());  // the connection itself needs nothing of it
}

TEST_CASE("a renegotiated connection has new secrets in the chip", "[key_schedule]") {
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    SSL_CTX_set_options(server.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    const Link link(client.get(), server.get());
    REQUIRE(link.handshake());
    CHECK(link.renegotiate());
    CHECK(handshakes.commands("GenKeyPair") == 2);
    CHECK(handshakes.commands("DeriveKey") == 8);
    CHECK(link.exchange());
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("DTLS 1.2 has the same secrets in the chip as TLS 1.2", "[key_schedule]") {
    const auto [scope, agreed, derived] = GENERATE(table<std::string, int, int>({
        {"signature", 0, 0},
        {"ephemeral", 1, 0},
        {"key-schedule", 1, 4},
    }));
    CAPTURE(scope);
    const auto side = GENERATE(Side::client, Side::server);
    const KeySchedule handshakes{{{"scope", scope}}};
    const auto context = [&](const char* name, const SSL_METHOD* method, bool in_chip) {
        Context ctx =
            handshakes.parties.context(name, method, DTLS1_2_VERSION, in_chip ? nullptr : handshakes.software.get());
        REQUIRE(SSL_CTX_set1_groups_list(ctx.get(), groups) == 1);
        REQUIRE(SSL_CTX_set_cipher_list(ctx.get(), with_sha256) == 1);
        SSL_CTX_set_options(ctx.get(), SSL_OP_NO_QUERY_MTU);
        return ctx;
    };
    // The client's key is in the chip, so it is in a library context that can use it.
    const Context client = context("client", DTLS_client_method(), true);
    const Context server = context("server", DTLS_server_method(), side == Side::server);
    const Link link(client.get(), server.get());
    constexpr long mtu = 1400;
    for (SSL* const end : {link.client.get(), link.server.get()}) {
        REQUIRE(DTLS_set_link_mtu(end, mtu) == 1);
    }
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(link.exchange());
    const int sides = side == Side::server ? 2 : 1;
    CHECK(handshakes.commands("CalcSSec") == agreed * sides);
    CHECK(handshakes.commands("DeriveKey") == derived * sides);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a stand-in of another process is refused, and never taken for a secret", "[key_schedule]") {
    const KeySchedule handshakes;
    const auto derived_from = [&](const std::string& secret) {
        return ::derived_from(handshakes.parties.libctx.get(), secret);
    };
    CHECK(derived_from(std::string(48, 's')));
    std::string stand_in;
    {
        const Context client = handshakes.client_of(Side::client);
        const Context server = handshakes.server_of(Side::client);
        const Link link(client.get(), server.get());
        REQUIRE(link.handshake());
        stand_in = master_key_of(link.client.get());
    }
    CHECK(derived_from(stand_in));
    for (const std::size_t at : {std::size_t{8}, std::size_t{15}, std::size_t{16}, std::size_t{47}}) {
        CAPTURE(at);
        auto other = stand_in;
        other.at(at) = static_cast<char>(other.at(at) ^ 1);
        CHECK_FALSE(derived_from(other));
        CHECK(take_reasons() == std::vector{Reason::session_lost});
    }
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool refused = !derived_from(stand_in) && take_reasons() == std::vector{Reason::session_lost};
        ::_exit(refused ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(derived_from(stand_in));
}

TEST_CASE("processes that were forked from one do not take each other's stand-ins for their own", "[key_schedule]") {
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    const auto master_of_handshake = [&] {
        const Link link(client.get(), server.get());
        return link.handshake() ? master_key_of(link.client.get()) : "";
    };
    REQUIRE(master_of_handshake().size() == 48);  // so that the children inherit what it needs
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto master = master_of_handshake();
        const auto written = ::write(pipe[1], master.data(), master.size());
        ::_exit(written == 48 ? 0 : 1);
    }
    std::string of_child(48, '\0');
    REQUIRE(::read(pipe[0], of_child.data(), of_child.size()) == 48);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    const auto own = master_of_handshake();
    CHECK(own.substr(0, 16) == of_child.substr(0, 16));  // the same number
    CHECK(derived_from(handshakes.parties.libctx.get(), own));
    CHECK_FALSE(derived_from(handshakes.parties.libctx.get(), of_child));
    CHECK(take_reasons() == std::vector{Reason::session_lost});
}

TEST_CASE("a client's handshake that is broken off after any message leaves no session object behind",
          "[key_schedule]") {
    const KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    break_off_after_each_step(client, server);
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("session objects that clients left behind with a server are taken by its next handshakes", "[key_schedule]") {
    const KeySchedule handshakes{{{"session-timeout-ms", "10000"}}};
    const Context client = handshakes.client_of(Side::server);
    const Context server = handshakes.server_of(Side::server);
    for (int left_behind = 1; left_behind <= 6; ++left_behind) {
        CAPTURE(left_behind);
        leave_after_key_exchange(client.get(), server.get());
        CHECK(handshakes.commands("DeriveKey") == left_behind);  // the server has the master secret
        CHECK(handshakes.free_sessions() == std::max(4 - left_behind, 0));
    }
    const Link link(client.get(), server.get());
    CHECK(link.handshake());
    CHECK(link.exchange());
}

TEST_CASE("a chip that is reset at any step of a handshake ends it with a reason", "[key_schedule]") {
    KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    const std::string command = GENERATE(as<std::string>{}, "GenKeyPair", "CalcSSec", "DeriveKey");
    const int nth = GENERATE(1, 2, 3, 4);
    if (command != "DeriveKey" && nth > 1) {
        return;
    }
    INFO(command << " " << nth);
    static_cast<void>(handshakes.parties.chip.simulator().control(
        {"fault", "reset,during=" + command + ",nth=" + std::to_string(nth)}));
    {
        const Link link(client.get(), server.get());
        const bool done = link.handshake();
        const auto reasons = take_reasons();
        // The answer to the command itself is lost.
        const auto lost = trustx::provider::reason_of(trustx::Error{trustx::Errc::outcome_unknown});
        CHECK_FALSE(done);
        CHECK_THAT(reasons, Catch::Matchers::VectorContains(lost));
    }
    const Link next(client.get(), server.get());
    CHECK(next.handshake());
    CHECK(handshakes.free_sessions() == 4);
}

TEST_CASE("a chip that is reset between two steps of a handshake ends it with a reason, or is not needed any more",
          "[key_schedule]") {
    KeySchedule handshakes;
    const Context client = handshakes.client_of(Side::client);
    const Context server = handshakes.server_of(Side::client);
    int lost = 0;
    for (int steps = 1; steps <= 5; ++steps) {
        CAPTURE(steps);
        const Link link(client.get(), server.get());
        bool done = link.handshake(steps);
        static_cast<void>(handshakes.parties.chip.simulator().control({"reset"}));
        if (!done) {
            done = link.handshake();
            const auto reasons = take_reasons();
            CHECK((done || reasons == std::vector{Reason::session_lost}));
            lost += done ? 0 : 1;
        }
    }
    CHECK(lost > 0);
    const Link next(client.get(), server.get());
    CHECK(next.handshake());
}

TEST_CASE("session objects of handshakes that do not go on are another process's after half of the time",
          "[key_schedule]") {
    const auto side = GENERATE(Side::client, Side::server);
    CAPTURE(name_of(side));
    const KeySchedule handshakes{{{"session-timeout-ms", "400"}}};
    const Context client = handshakes.client_of(side);
    const Context server = handshakes.server_of(side);
    // A client's handshake stops when its peer's answer does not come, a server's after ClientKeyExchange.
    const Context silent = handshakes.client(TLS1_3_VERSION);
    std::vector<std::unique_ptr<Link>> begun;
    for (int i = 0; i < 4; ++i) {
        if (side == Side::server) {
            leave_after_key_exchange(client.get(), server.get());
        } else {
            begun.push_back(std::make_unique<Link>(silent.get(), server.get()));
            first_flight(begun.back()->client);
        }
    }
    CHECK(handshakes.free_sessions() == 0);
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Context fresh = handshakes.client_of(Side::client);
        const Context other = handshakes.server_of(Side::client);
        int done = 0;
        for (int i = 0; i < 4; ++i) {
            const Link link(fresh.get(), other.get());
            done += link.handshake() && link.exchange() ? 1 : 0;
        }
        ::_exit(done == 4 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a handshake whose session object another process took fails, with the reason", "[key_schedule]") {
    const KeySchedule handshakes{{{"session-timeout-ms", "400"}}};
    const Context client = handshakes.client_of(Side::server);
    const Context server = handshakes.server_of(Side::server);
    const Link link(client.get(), server.get());
    REQUIRE_FALSE(link.handshake(2));  // the server has its ephemeral key
    CHECK(handshakes.free_sessions() == 3);
    {
        const auto device = handshakes.device();
        std::vector<trustx::SessionLease> leases;
        while (leases.size() < 4) {
            if (auto lease = device->lease_session(10s)) {
                leases.push_back(*std::move(lease));
            }
        }
    }
    CHECK_FALSE(link.handshake());
    CHECK(take_reasons() == std::vector{Reason::session_lost});
    CHECK(handshakes.free_sessions() == 4);
}
