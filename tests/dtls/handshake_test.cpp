// SPDX-License-Identifier: Apache-2.0
// Connections of the library with libssl, through the simulated chip: what goes well, and what the network does.
#include "connecting.hpp"

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

TEST_CASE("a connection is made with a server, and carries data in both directions", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    CHECK(client.server.connected());
    check_echo(world, client, "hello");
    CHECK(client.connection.close(world.in(1s)));
    CHECK(client.network.wait(world.in(1s)));
    CHECK(client.server.alerts_received() == std::vector{0x0100});
}

TEST_CASE("a handshake is made with or without cookies, in large and in small fragments", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const bool cookies = GENERATE(true, false);
    const long mtu = GENERATE(296L, 500L, 1500L);
    const std::uint16_t pmtu = GENERATE(as<std::uint16_t>{}, 296, 1500);
    CAPTURE(cookies, mtu, pmtu);
    Client client{world,
                  pki.server,
                  {.cookies = cookies, .request_certificate = true, .client_authority = world.authority(), .mtu = mtu},
                  {.dates_hold_at = test_time, .pmtu = pmtu}};
    require_connected(world, client);
    check_echo(world, client, "hello");
    for (const auto& datagram : client.network.sent) {
        CHECK(datagram.size() + 28 <= pmtu);
    }
    CHECK(client.connection.report().flights_sent_again == 0);
    CHECK(client.server.client_has_shown_a_certificate());
}

TEST_CASE("a server demands a certificate of the client, asks for one, or does not", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const ServerOptions demands{.request_certificate = true, .client_authority = world.authority()};
    const ServerOptions asks{
        .request_certificate = true, .certificate_optional = true, .client_authority = world.authority()};
    const dtls::Options without{.certificate = std::nullopt, .dates_hold_at = test_time};

    SECTION("demanded and shown") {
        Client client{world, pki.server, demands};
        require_connected(world, client);
        CHECK(client.server.client_has_shown_a_certificate());
        CHECK(client.connection.report().certificate_requested);
    }
    SECTION("asked for and shown") {
        Client client{world, pki.server, asks};
        require_connected(world, client);
        CHECK(client.server.client_has_shown_a_certificate());
    }
    SECTION("asked for, and there is none") {
        Client client{world, pki.server, asks, without};
        require_connected(world, client);
        CHECK_FALSE(client.server.client_has_shown_a_certificate());
        check_echo(world, client, "hello");
    }
    SECTION("not asked for") {
        Client client{world, pki.server};
        require_connected(world, client);
        CHECK_FALSE(client.server.client_has_shown_a_certificate());
        CHECK_FALSE(client.connection.report().certificate_requested);
    }
    SECTION("demanded, and there is none") {
        Client client{world, pki.server, demands, without};
        const auto refused = client.connection.connect(world.in(300s));
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == DtlsAlert::handshake_failure);
        CHECK_THAT(refused.error().message(),
                   ContainsSubstring("DTLS handshake without the certificate that the server asks for") &&
                       ContainsSubstring("; where the server demands a certificate of the client, name its object"));
    }
    SECTION("an authority that the server does not know has issued it") {
        const Identity other = issue("Other", nullptr, {.authority = true});
        Client client{world, pki.server, {.request_certificate = true, .client_authority = other.der()}};
        const auto refused = client.connection.connect(world.in(300s));
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == DtlsAlert::unknown_ca);
        CHECK_THAT(refused.error().message(), ContainsSubstring("let the server trust the issuer"));
        CHECK(client.connection.report().alert_received == dtls::Alert{true, DtlsAlert::unknown_ca});
        CHECK_FALSE(client.connection.report().alert_sent);
    }
}

TEST_CASE("what a connection says about itself", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    CHECK(client.connection.report().session == ObjectId{});
    require_connected(world, client);
    check_echo(world, client, "hello");
    const auto report = client.connection.report();
    CHECK(report.state == dtls::State::connected);
    CHECK(report.cipher_suite == 0xC0AE);
    CHECK(report.session == object::session_1);
    REQUIRE(report.peer_certificates.size() == 1);
    CHECK(report.peer_certificates.front() == pki.server.der());
    CHECK(report.bytes_sent == 5);
    CHECK(report.bytes_received == 5);
    // 10 99, two ClientHello, HelloVerifyRequest, four of the server's flight, ClientKeyExchange, Finished and its
    // encryption, decryption and check of the server's, one record in each direction.
    CHECK(report.chip_commands == 15);
    CHECK(report.records_sent == client.network.sent.size());
    CHECK(report.handshake_time >= 40ms);
    CHECK(report.handshake_time < 1s);
    CHECK(client.connection.close(world.in(1s)));
    CHECK(client.connection.close(world.in(1s)));
    CHECK(client.connection.state() == dtls::State::closed);
    CHECK(client.connection.report().session == ObjectId{});
    CHECK(client.connection.report().alert_sent == dtls::Alert{false, DtlsAlert::close_notify});
    CHECK(client.connection.send(bytes_of("x"), world.in(1s)).error() == DtlsError::not_connected);
    CHECK(client.connection.receive(world.in(1s)).error() == DtlsError::not_connected);
    CHECK(client.connection.connect(world.in(1s)).error() == DtlsError::not_connected);
}

TEST_CASE("a record carries the PMTU less 57 bytes, and what is longer is refused", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const std::uint16_t pmtu = GENERATE(as<std::uint16_t>{}, 296, 1260, 1500);
    Client client{world, pki.server, {}, {.dates_hold_at = test_time, .pmtu = pmtu}};
    require_connected(world, client);
    const std::size_t most = client.connection.max_payload();
    CHECK(most == pmtu - 57U);
    const auto refused = client.connection.send(Bytes(most + 1), world.in(1s));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::argument_invalid);
    CHECK_THAT(refused.error().message(), ContainsSubstring("carries 1 to " + std::to_string(most)));
    CHECK(client.connection.send({}, world.in(1s)).error() == Errc::argument_invalid);
    CHECK(client.connection.state() == dtls::State::connected);
    check_echo(world, client, std::string(most, 'x'));
    CHECK(client.network.sent.back().size() + 28 == pmtu);
}

TEST_CASE("a connection can be closed and made again, and two at a time", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    for (int round = 0; round < 3; ++round) {
        Client client{world, pki.server};
        require_connected(world, client);
        check_echo(world, client, "hello");
        CHECK(client.connection.report().session == object::session_1);
        CHECK(client.connection.close(world.in(1s)));
    }
    Client first{world, pki.server};
    Client second{world, pki.server};
    require_connected(world, first);
    require_connected(world, second);
    CHECK(second.connection.report().session == ObjectId{0xE101});
    check_echo(world, first, "one");
    check_echo(world, second, "two");
    check_echo(world, first, "three");
}

TEST_CASE("a request for another handshake is refused with a warning", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    client.server.request_renegotiation();
    const auto nothing = client.connection.receive(world.in(15ms));
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
    CHECK(client.connection.state() == dtls::State::connected);
    CHECK(client.connection.report().alert_sent == dtls::Alert{false, DtlsAlert::no_renegotiation});
    // That libssl then ends the connection is its decision.
    const auto end = client.connection.receive(world.in(1s));
    REQUIRE_FALSE(end);
    CHECK(end.error() == DtlsAlert::handshake_failure);
    REQUIRE_FALSE(client.server.alerts_received().empty());
    CHECK(client.server.alerts_received().front() == 0x0164);
}

TEST_CASE("a request for a handshake that is under way is ignored", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    const Bytes hello_request(12);
    Bytes record{22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12};
    record.insert(record.end(), hello_request.begin(), hello_request.end());
    client.network.inject(record);
    require_connected(world, client);
    CHECK(client.connection.report().drops.unexpected == 1);
}

TEST_CASE("a peer that closes is answered, and the session object is free", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    client.server.write(bytes_of("last words"));
    client.server.shut_down();
    CHECK(text_of(client.connection.receive(world.in(1s)).value().value()) == "last words");
    const auto end = client.connection.receive(world.in(1s));
    REQUIRE_FALSE(end);
    CHECK(end.error() == DtlsError::peer_closed);
    CHECK(client.connection.report().session == ObjectId{});
    CHECK(client.connection.report().alert_received == dtls::Alert{false, DtlsAlert::close_notify});
    CHECK(client.network.wait(world.in(1s)));
    CHECK(client.server.alerts_received() == std::vector{0x0100});
    CHECK(client.connection.send(bytes_of("x"), world.in(1s)).error() == DtlsError::peer_closed);
}

TEST_CASE("a server that does not answer is asked six times within two minutes", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    client.network.to_server = [](Bytes&) { return false; };
    std::vector<TimePoint> times;
    client.network.to_server = [&](Bytes&) {
        times.push_back(world.time.now());
        return false;
    };
    const auto start = world.time.now();
    SECTION("until the caller's deadline, after which he may go on") {
        const auto silent = client.connection.connect(world.in(10s));
        REQUIRE_FALSE(silent);
        CHECK(silent.error() == DtlsError::peer_silent);
        CHECK(world.time.now() - start < 10s + 100ms);
        CHECK(times.size() == 3);
        CHECK(client.connection.state() == dtls::State::handshaking);
        CHECK(client.connection.readiness().at == times.front() + 14s);
        client.network.to_server = [](Bytes&) { return true; };
        require_connected(world, client);
        check_echo(world, client, "hello");
    }
    SECTION("until nobody can expect an answer") {
        const auto silent = client.connection.connect(world.in(1000s));
        REQUIRE_FALSE(silent);
        CHECK(silent.error() == DtlsError::peer_silent);
        CHECK_THAT(silent.error().message(), ContainsSubstring("check address and port"));
        REQUIRE(times.size() == 7);  // and an alert
        const std::vector<Duration> expected{0s, 2s, 6s, 14s, 30s, 62s, 122s};
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(times.at(i) - times.front() == expected.at(i));
        }
        CHECK(client.connection.state() == dtls::State::closed);
        CHECK(client.connection.report().flights_sent_again == 5);
    }
}

TEST_CASE("any one datagram of a handshake may be lost, or any two in a row", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const int in_a_row = GENERATE(1, 2);
    const bool of_server = GENERATE(true, false);
    // As many as the longest handshake here has.
    for (int lost = 0; lost < 14; ++lost) {
        CAPTURE(lost, of_server, in_a_row);
        Client client{
            world, pki.server, {.request_certificate = true, .client_authority = world.authority(), .mtu = 296}};
        int count = 0;
        auto& filter = of_server ? client.network.to_client : client.network.to_server;
        filter = [&](Bytes&) {
            const int number = count++;
            return number < lost || number >= lost + in_a_row;
        };
        const auto start = world.time.now();
        require_connected(world, client);
        CHECK(world.time.now() - start < 10s);
        filter = [](Bytes&) { return true; };
        check_echo(world, client, "hello");
    }
}

TEST_CASE("records that overtake the server's Finished are kept until it is there", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    Bytes held;
    client.network.to_client = [&](Bytes& datagram) {
        if (datagram.at(0) == 20 && held.empty()) {
            held = datagram;
            return false;
        }
        return true;
    };
    REQUIRE_FALSE(client.connection.connect(world.in(1s)));
    REQUIRE_FALSE(held.empty());
    REQUIRE(client.server.connected());
    client.server.write(bytes_of("early"));
    REQUIRE_FALSE(client.connection.connect(world.in(100ms)));
    client.network.inject(held);
    require_connected(world, client);
    CHECK(client.connection.readiness().at == TimePoint::min());
    CHECK(text_of(client.connection.receive(world.in(0s)).value().value()) == "early");
    CHECK(client.connection.report().flights_sent_again == 0);
}

TEST_CASE("a datagram that arrives twice is delivered once", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {}, {.dates_hold_at = test_time}, {.doubled = 100}};
    require_connected(world, client);
    check_echo(world, client, "hello");
    const auto nothing = client.connection.receive(world.in(500ms));
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
    CHECK(client.connection.report().drops.repeated > 0);
    CHECK(client.server.received().size() == 1);
}

TEST_CASE("a poll loop makes a connection and receives", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    auto& connection = client.connection;
    CHECK_FALSE(connection.readiness().datagram);
    CHECK_FALSE(connection.readiness().at);
    int rounds = 0;
    while (!connection.connect({world.time.now()})) {
        REQUIRE(++rounds < 50);
        const auto readiness = connection.readiness();
        REQUIRE(connection.state() == dtls::State::handshaking);
        CHECK(readiness.datagram);
        REQUIRE(readiness.at);
        REQUIRE(client.network.wait({*readiness.at}));
    }
    CHECK(rounds > 2);
    CHECK(connection.readiness().datagram);
    CHECK_FALSE(connection.readiness().at);
    client.server.write(bytes_of("one"));
    client.server.write(bytes_of("two"));
    REQUIRE(client.network.wait(world.in(1s)));
    CHECK(text_of(connection.receive({world.time.now()}).value().value()) == "one");
    REQUIRE(client.network.wait(world.in(1s)));
    CHECK(text_of(connection.receive({world.time.now()}).value().value()) == "two");
    CHECK_FALSE(connection.receive({world.time.now()}).value());
}

TEST_CASE("a connection carries more than 2^16 records in each direction", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    constexpr std::uint32_t most = (1U << 16U) + 10;
    for (std::uint32_t i = 0; i < most; ++i) {
        const Bytes payload{static_cast<std::uint8_t>(i >> 16U), static_cast<std::uint8_t>(i >> 8U),
                            static_cast<std::uint8_t>(i)};
        if (!client.connection.send(payload, world.in(1s)) ||
            client.connection.receive(world.in(1s)).value_or(std::nullopt) != payload) {
            FAIL("record " << i);
        }
        client.network.sent.resize(1);
        client.network.sent_by_server.clear();
    }
    CHECK(client.server.received().size() == most);
    CHECK(client.connection.report().bytes_received == 3 * most);
    CHECK(client.connection.report().drops.undecipherable == 0);
}
