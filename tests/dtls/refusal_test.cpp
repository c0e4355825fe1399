// SPDX-License-Identifier: Apache-2.0
// Who does not accept whom, and what the user hears of it.
#include "connecting.hpp"

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

TEST_CASE("a server that the chip does not accept gets the alert for the reason, and the user the reason", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    struct Case {
        const char* name;
        Identity server;
        std::error_code code;
        DtlsAlert alert;
        const char* message;
    };
    const Identity stranger = issue("Stranger", nullptr, {.authority = true});
    const Identity impostor = issue("Root", nullptr, {.authority = true});
    std::vector<Case> cases;
    cases.push_back({"wrong anchor", issue("Server", &stranger), ChipError::invalid_trust_anchor, DtlsAlert::unknown_ca,
                     "trust anchor in E0E8"});
    cases.push_back({"anchor of the same name", issue("Server", &impostor), ChipError::signature_verification_failure,
                     DtlsAlert::decrypt_error, "trust anchor in E0E8"});
    cases.push_back({"expired", issue("Server", &pki.root, {.not_after = 1'600'000'000}),
                     ChipError::certificate_expired, DtlsAlert::certificate_expired, "expired"});
    cases.push_back({"not yet valid", issue("Server", &pki.root, {.not_before = 1'800'000'000}),
                     ChipError::certificate_expired, DtlsAlert::certificate_expired,
                     "verify the server's certificate"});
    for (const auto& one : cases) {
        CAPTURE(one.name);
        Client client{world, one.server};
        const auto refused = client.connection.connect(world.in(300s));
        REQUIRE_FALSE(refused);
        CAPTURE(refused.error().message());
        CHECK(refused.error() == one.code);
        CHECK_THAT(refused.error().message(), ContainsSubstring(one.message));
        CHECK(client.connection.state() == dtls::State::closed);
        CHECK(client.connection.report().alert_sent == dtls::Alert{true, one.alert});
        CHECK(client.connection.report().peer_certificates.front() == one.server.der());
        CHECK(client.network.wait(world.in(1s)));
        CHECK(client.server.alerts_received() == std::vector{0x0200 | static_cast<int>(one.alert)});
        // The same answer to whoever asks again.
        CHECK(client.connection.receive(world.in(1s)).error().code() == one.code);
    }
    // Without a time dates are not checked.
    Client client{world, cases.at(2).server, {}, {.dates_hold_at = std::nullopt}};
    require_connected(world, client);
}

TEST_CASE("a server that offers nothing the chip can do refuses it, and the user learns what to set there", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const ServerOptions options =
        GENERATE(ServerOptions{.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}, ServerOptions{.groups = "P-384"});
    Client client{world, pki.server, options};
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == DtlsAlert::handshake_failure);
    CHECK_THAT(refused.error().message(), ContainsSubstring("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8") &&
                                              !ContainsSubstring("without the certificate"));
    CHECK(client.connection.report().alert_received == dtls::Alert{true, DtlsAlert::handshake_failure});
}

TEST_CASE("a certificate that does not belong to the key is refused by the server", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    REQUIRE(world.device->run(GenKeyPair{.key = ObjectId{0xE0F1}}));
    Client client{world,
                  pki.server,
                  {.request_certificate = true, .client_authority = world.authority()},
                  {.key = ObjectId{0xE0F1}, .dates_hold_at = test_time}};
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == DtlsAlert::decrypt_error);
    CHECK_THAT(refused.error().message(), ContainsSubstring("belongs to its key"));
}

TEST_CASE("a handshake that was changed on its way ends in an alert", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {.cookies = false}};
    // The session id in ServerHello has no meaning for the client, but it is part of what Finished is about.
    client.network.to_client = [](Bytes& datagram) {
        constexpr std::size_t session_id = 13 + 12 + 2 + 32 + 1;
        if (datagram.at(0) == 22 && datagram.at(13) == 2) {
            datagram.at(session_id) ^= 1;
        }
        return true;
    };
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().message());
    CHECK(refused.error() == DtlsAlert::decrypt_error);
}

TEST_CASE("options outside their limits are refused before anything is sent", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const dtls::Options bad = GENERATE(dtls::Options{.key = ObjectId{0xE0F4}}, dtls::Options{.key = ObjectId{0xE0E8}},
                                       dtls::Options{.certificate = ObjectId{0xE0E8}}, dtls::Options{.pmtu = 295},
                                       dtls::Options{.pmtu = 1501}, dtls::Options{.failed_decryptions_per_minute = 0},
                                       dtls::Options{.dates_hold_at = dtls::UnixTime{-1s}},
                                       dtls::Options{.dates_hold_at = dtls::UnixTime{4294967296s}});
    Client client{world, pki.server, {}, bad};
    CHECK(client.connection.connect(world.in(1s)).error() == Errc::argument_invalid);
    CHECK(client.network.sent.empty());
    CHECK(client.connection.state() == dtls::State::idle);
}

TEST_CASE("a certificate chain that is longer than the chip takes is refused with advice", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    std::vector<Identity> links;
    for (int i = 0; i < 5; ++i) {
        links.push_back(issue("A certificate authority with a rather long name, number " + std::to_string(i), nullptr,
                              {.authority = true}));
    }
    ServerOptions options;
    for (const auto& link : links) {
        options.chain.push_back(&link);
    }
    Client client{world, pki.server, options};
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == DtlsError::message_too_long);
    CHECK_THAT(refused.error().message(), ContainsSubstring("shorter chain"));
    CHECK(client.connection.report().alert_sent == dtls::Alert{true, DtlsAlert::internal_error});
}

TEST_CASE("a handshake message out of turn ends the handshake", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {.cookies = false}};
    client.network.to_client = [](Bytes& datagram) {
        if (datagram.at(0) == 22 && datagram.at(13) == 2) {
            datagram.at(13) = 11;  // a certificate instead of ServerHello
        }
        return true;
    };
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == DtlsError::peer_violates);
    CHECK_THAT(refused.error().message(), ContainsSubstring("type 11 out of turn"));
    CHECK(client.connection.report().alert_sent == dtls::Alert{true, DtlsAlert::unexpected_message});
}

TEST_CASE("a key that may not authenticate is refused before anything is sent", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    REQUIRE(world.device->run(GenKeyPair{.key = ObjectId{0xE0F1}, .usage = KeyUsage::sign}));
    Client client{world, pki.server, {}, {.key = ObjectId{0xE0F1}, .dates_hold_at = test_time}};
    const auto refused = client.connection.connect(world.in(1s));
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().message());
    CHECK(refused.error().code().category() == chip_category());
    CHECK_THAT(refused.error().message(), ContainsSubstring("authenticate with key E0F1"));
    CHECK(client.network.sent.empty());
    CHECK(client.connection.state() == dtls::State::idle);
    CHECK(client.connection.report().session == ObjectId{});
}

TEST_CASE("a certificate object without a certificate is named", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world,
                  pki.server,
                  {.request_certificate = true, .client_authority = world.authority()},
                  {.certificate = ObjectId{0xE0E2}, .dates_hold_at = test_time}};
    const auto refused = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message(), ContainsSubstring("send certificate E0E2"));
    CHECK(client.connection.report().alert_sent->fatal);
}
