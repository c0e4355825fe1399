// SPDX-License-Identifier: Apache-2.0
// Connections of the library with libssl, through the simulated chip.
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "world.hpp"

#include <cerrno>
#include <future>
#include <thread>
#include <tuple>
#include <utility>

#include <sys/wait.h>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

void check_echo(World& world, Client& client, const std::string& text) {
    REQUIRE(client.connection.send(bytes_of(text), world.in(1s)));
    const auto received = client.connection.receive(world.in(5s));
    REQUIRE(received);
    REQUIRE(*received);
    CHECK(text_of(**received) == text);
}

// in_child runs a check in a forked child, which runs nothing else of the test, and gives its result.
template <class Check>
bool in_child(const Check& check) {
    const pid_t child = fork_with_deadline();
    if (child == 0) {
        ::_exit(check() ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// forged_record is one of epoch 1 with that many bytes of nonsense.
Bytes forged_record(std::uint8_t type, unsigned number, std::size_t size = 40) {
    Bytes record{type,
                 0xFE,
                 0xFD,
                 0,
                 1,
                 0,
                 0,
                 0,
                 0,
                 static_cast<std::uint8_t>(number >> 8U),
                 static_cast<std::uint8_t>(number),
                 static_cast<std::uint8_t>(size >> 8U),
                 static_cast<std::uint8_t>(size)};
    record.resize(record.size() + size);
    return record;
}

// change_and_finished takes the server's last flight apart, which libssl sends in one datagram.
std::pair<Bytes, Bytes> change_and_finished(const Bytes& datagram) {
    constexpr std::ptrdiff_t change = 14;
    REQUIRE(datagram.size() > change);
    return {{datagram.begin(), datagram.begin() + change}, {datagram.begin() + change, datagram.end()}};
}

void require_connected(World& world, Client& client) {
    const auto connected = client.connection.connect(world.in(300s));
    CAPTURE(connected ? std::string{} : connected.error().message());
    REQUIRE(connected);
}

}  // namespace

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
    const SslServerOptions demands{.request_certificate = true, .client_authority = world.authority()};
    const SslServerOptions asks{
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
    const SslServerOptions options =
        GENERATE(SslServerOptions{.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}, SslServerOptions{.groups = "P-384"});
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

namespace {

// Complaining gives back what ICMP says, once for each error.
class Complaining final : public dtls::DatagramSocket {
 public:
    explicit Complaining(dtls::DatagramSocket& inner) : inner_{inner} {}

    Result<void> send(ByteView datagram, Deadline deadline) override {
        const auto code = std::exchange(error, 0);
        return code != 0 ? fail(errno_code(code)) : inner_.send(datagram, deadline);
    }
    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override {
        if (const auto code = std::exchange(error, 0); code != 0) {
            return fail(errno_code(code));
        }
        return inner_.receive(buffer);
    }
    Result<void> wait(Deadline deadline) override { return inner_.wait(deadline); }

    int error = 0;

 private:
    dtls::DatagramSocket& inner_;
};

}  // namespace

TEST_CASE("what anybody can say by ICMP ends no connection", "[dtls]") {
    const int error =
        GENERATE(ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EPROTO, EACCES, EOPNOTSUPP, EMSGSIZE);
    CAPTURE(error);
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    Complaining socket{client.network};
    dtls::Connection connection{*world.device, socket, world.time, {.dates_hold_at = test_time}};
    REQUIRE(connection.connect(world.in(10s)));
    socket.error = error;
    CHECK(connection.receive(world.in(0s)).has_value());
    CHECK(socket.error == 0);
    socket.error = error;
    CHECK(connection.send(bytes_of("still here"), world.in(1s)));
    CHECK(text_of(connection.receive(world.in(1s)).value().value()) == "still here");
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

TEST_CASE("a chip that is reset in the middle loses the session, and says so", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const bool by_us = GENERATE(true, false);
    CAPTURE(by_us);
    Client client{world, pki.server};
    require_connected(world, client);
    if (by_us) {
        REQUIRE(world.device->reset());
    } else {
        world.bus().power_cycle();
    }
    const bool sending = GENERATE(true, false);
    if (!sending) {
        client.server.write(bytes_of("x"));
    }
    const auto error = sending ? client.connection.send(bytes_of("x"), world.in(1s)).error()
                               : client.connection.receive(world.in(1s)).error();
    CAPTURE(error.message());
    CHECK(error == Errc::session_lost);
    CHECK_THAT(error.message(),
               ContainsSubstring("the chip was reset") && ContainsSubstring("or the DTLS connection, again"));
    CHECK(client.connection.state() == dtls::State::closed);
    Client next{world, pki.server};
    require_connected(world, next);
    check_echo(world, next, "hello");
}

TEST_CASE("a chip that is reset during the handshake ends it", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    client.network.to_client = [&, done = false](Bytes& datagram) mutable {
        if (datagram.at(13) == 2 && !done) {
            done = true;
            world.bus().power_cycle();
        }
        return true;
    };
    const auto lost = client.connection.connect(world.in(300s));
    REQUIRE_FALSE(lost);
    CAPTURE(lost.error().message());
    CHECK(lost.error() == Errc::session_lost);
    CHECK(client.connection.report().alert_sent == dtls::Alert{true, DtlsAlert::internal_error});
}

TEST_CASE("in a forked child the connection is its parent's", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    const auto sent_before = client.network.sent.size();
    CHECK(in_child([&] {
        const bool refused = client.connection.send(bytes_of("x"), world.in(1s)).error() == DtlsError::other_process &&
                             client.connection.receive(world.in(1s)).error() == DtlsError::other_process &&
                             client.connection.connect(world.in(1s)).error() == DtlsError::other_process &&
                             client.connection.close(world.in(1s)).error() == DtlsError::other_process;
        { const dtls::Connection ended{std::move(client.connection)}; }
        return refused && client.network.sent.size() == sent_before;
    }));
    check_echo(world, client, "hello");
}

TEST_CASE("forged records cost the chip a bounded number of decryptions, and then wait", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {}, {.dates_hold_at = test_time, .failed_decryptions_per_minute = 6}};
    require_connected(world, client);
    check_echo(world, client, "hello");
    const auto before = world.executed("ProcDownLinkMsg");
    const auto start = world.time.now();
    for (unsigned i = 0; i < 1000; ++i) {
        client.network.inject(forged_record(23, 1000 + i));
    }
    // What is cheap to find out does not come to the chip.
    client.network.inject(forged_record(23, 1));      // a number that was seen
    client.network.inject(forged_record(23, 9, 16));  // too short
    Bytes other_epoch = forged_record(23, 7);
    other_epoch.at(4) = 2;
    client.network.inject(other_epoch);
    client.network.inject(forged_record(24, 8));  // another type

    const auto nothing = client.connection.receive(world.in(1s));
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
    auto report = client.connection.report();
    CHECK(report.throttled);
    CHECK(report.drops.undecipherable == 6);
    CHECK_FALSE(client.connection.readiness().datagram);
    CHECK(client.connection.readiness().at.value() - start <= 61s);
    CHECK(client.connection.readiness().at.value() - start >= 59s);
    // Sending goes on.
    REQUIRE(client.connection.send(bytes_of("x"), world.in(1s)));
    // Ten minutes of it: six a minute, which the chip forgives by itself.
    const auto still_nothing = client.connection.receive(world.in(10min - 2s));
    REQUIRE(still_nothing);
    CHECK_FALSE(*still_nothing);
    report = client.connection.report();
    CHECK(report.drops.undecipherable == 60);
    CHECK(world.executed("ProcDownLinkMsg") - before == 60);
    CHECK(world.chip().security_event_counter() <= 6);
}

TEST_CASE("all connections of a chip share the bound for forged records, one after another and at once", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const auto flood = [](Client& client) {
        for (std::uint8_t i = 0; i < 100; ++i) {
            client.network.inject(forged_record(23, 1000U + i));
        }
    };
    // A program that connects again at once, for five minutes.
    const auto start = world.time.now();
    const auto before = world.chip().security_event_counter();
    std::uint64_t failed = 0;
    int connections = 0;
    while (world.time.now() - start < 5min) {
        Client client{world, pki.server};
        const auto connected = client.connection.connect(world.in(5s));
        if (connected) {
            ++connections;
            flood(client);
            CHECK_FALSE(client.connection.receive(world.in(1s)).value());
        }
        failed += client.connection.report().drops.undecipherable;
    }
    CHECK(connections > 0);
    CHECK(failed >= 6);
    CHECK(failed <= 6 * 6);  // one minute may have begun just before the end
    CHECK(world.chip().security_event_counter() <= before + 6);

    world.time.sleep_until(world.time.now() + 2min);
    Client first{world, pki.server};
    Client second{world, pki.server};
    require_connected(world, first);
    require_connected(world, second);
    flood(first);
    CHECK_FALSE(first.connection.receive(world.in(1s)).value());
    CHECK(first.connection.report().drops.undecipherable == 6);
    flood(second);
    CHECK_FALSE(second.connection.receive(world.in(1s)).value());
    CHECK(second.connection.report().throttled);
    CHECK(second.connection.report().drops.undecipherable == 0);
    // Who allows more has more.
    Client third{world, pki.server, {}, {.dates_hold_at = test_time, .failed_decryptions_per_minute = 8}};
    require_connected(world, third);
    flood(third);
    CHECK_FALSE(third.connection.receive(world.in(1s)).value());
    CHECK(third.connection.report().drops.undecipherable == 2);
}

TEST_CASE("a genuine record behind forged ones arrives", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    for (std::uint8_t i = 0; i < 10; ++i) {
        client.network.inject(forged_record(23, 256U + i, 30));
    }
    client.server.write(bytes_of("genuine"));
    const auto start = world.time.now();
    const auto received = client.connection.receive(world.in(200s));
    REQUIRE(received);
    REQUIRE(*received);
    CHECK(text_of(**received) == "genuine");
    CHECK(world.time.now() - start >= 59s);
    CHECK(world.time.now() - start < 62s);
    CHECK_FALSE(client.connection.report().throttled);
}

TEST_CASE("what anybody can send does not disturb a connection", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    const auto commands = client.connection.report().chip_commands;
    // Alerts, requests, handshake messages and data without protection; no records at all.
    client.network.inject({21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40});
    client.network.inject({21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 1, 0});
    client.network.inject({22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    client.network.inject({23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 1});
    client.network.inject({20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 1});
    client.network.inject({1});
    client.network.inject({22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 1, 0, 0});
    client.network.inject({22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 0});
    client.network.inject(Bytes(20000));
    const auto nothing = client.connection.receive(world.in(500ms));
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
    CHECK(client.connection.report().chip_commands == commands);
    CHECK(client.connection.report().drops.epoch == 5);
    CHECK(client.connection.report().drops.malformed == 3);
    CHECK(client.connection.report().drops.version == 1);
    check_echo(world, client, "hello");
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

TEST_CASE("a certificate chain that is longer than the chip takes is refused with advice", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    std::vector<Identity> links;
    for (int i = 0; i < 5; ++i) {
        links.push_back(issue("A certificate authority with a rather long name, number " + std::to_string(i), nullptr,
                              {.authority = true}));
    }
    SslServerOptions options;
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

TEST_CASE("a flight that the server repeats is answered, but not faster than a server repeats it", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {.cookies = false}};
    bool silent = false;
    client.network.to_client = [&](Bytes& datagram) {
        silent = silent || datagram.at(0) == 20;
        return !silent;
    };
    REQUIRE_FALSE(client.connection.connect(world.in(1900ms)));
    REQUIRE(silent);
    const auto sent = client.network.sent.size();
    // ServerHelloDone of anybody, again and again.
    const Bytes done{22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 12, 14, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0};
    for (int i = 0; i < 100; ++i) {
        client.network.inject(done);
    }
    REQUIRE_FALSE(client.connection.connect(world.in(10ms)));
    CHECK(client.network.sent.size() == sent + 3);  // ClientKeyExchange, ChangeCipherSpec, Finished: once
}

TEST_CASE("forged records that arrive before the server's ChangeCipherSpec do not keep its Finished out", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    const auto type = GENERATE(as<std::uint8_t>{}, 21, 22, 23);
    const bool finished_overtakes = GENERATE(false, true);
    CAPTURE(static_cast<int>(type), finished_overtakes);
    Client client{world, pki.server};
    Bytes held;
    client.network.to_client = [&](Bytes& datagram) {
        if (datagram.at(0) != 20 || !held.empty()) {
            return true;
        }
        for (unsigned i = 0; i < 16; ++i) {
            client.network.inject(forged_record(type, i));
        }
        std::tie(held, datagram) = change_and_finished(datagram);
        if (!finished_overtakes) {
            client.network.inject(held);
        }
        return true;
    };
    const auto start = world.time.now();
    if (finished_overtakes) {
        REQUIRE_FALSE(client.connection.connect(world.in(1s)));
        client.network.inject(held);
    }
    require_connected(world, client);
    CHECK(world.time.now() - start < 2s);
    const auto report = client.connection.report();
    CHECK(report.flights_sent_again == 0);
    CHECK(report.drops.undecipherable <= 2);
    if (type != 23) {
        check_echo(world, client, "hello");
    }
}

TEST_CASE("after forged records before the ChangeCipherSpec a Finished that is repeated gets in", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    int changes = 0;
    client.network.to_client = [&](Bytes& datagram) {
        changes += datagram.at(0) == 20 ? 1 : 0;
        if (datagram.at(0) != 20 || changes != 1) {
            return true;
        }
        // The ChangeCipherSpec is lost, and Finished among forged ones.
        for (unsigned i = 0; i < 16; ++i) {
            client.network.inject(forged_record(22, i));
        }
        client.network.inject(change_and_finished(datagram).second);
        for (unsigned i = 0; i < 16; ++i) {
            client.network.inject(forged_record(22, 20 + i));
        }
        return false;
    };
    const auto start = world.time.now();
    require_connected(world, client);
    CHECK(world.time.now() - start < 10s);
    check_echo(world, client, "hello");
}

TEST_CASE("a forged fragment does not keep the genuine message out", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    struct Forgery {
        std::uint8_t type;
        std::uint8_t sequence;
        std::uint8_t length;
        std::uint8_t bytes;
    };
    // HelloVerifyRequest has 23 bytes here. Of other sizes, and of the right one with other bytes; a message of another
    // type in the place of ServerHello.
    const auto forgery =
        GENERATE(Forgery{3, 0, 30, 5}, Forgery{3, 0, 23, 5}, Forgery{3, 0, 23, 22}, Forgery{3, 0, 0, 0},
                 Forgery{3, 7, 4, 4}, Forgery{2, 1, 200, 9}, Forgery{11, 1, 100, 9}, Forgery{14, 5, 3, 1});
    CAPTURE(static_cast<int>(forgery.type), static_cast<int>(forgery.length));
    Client client{world, pki.server};
    client.network.to_server = [&, done = false](Bytes&) mutable {
        if (!std::exchange(done, true)) {
            Bytes record{22,
                         0xFE,
                         0xFD,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         99,
                         0,
                         static_cast<std::uint8_t>(12 + forgery.bytes),
                         forgery.type,
                         0,
                         0,
                         forgery.length,
                         0,
                         forgery.sequence,
                         0,
                         0,
                         0,
                         0,
                         0,
                         forgery.bytes};
            record.resize(record.size() + forgery.bytes, 0x01);
            client.network.inject(record);
        }
        return true;
    };
    const auto start = world.time.now();
    require_connected(world, client);
    CHECK(world.time.now() - start < 2s);
    check_echo(world, client, "hello");
}

TEST_CASE("a new cookie is answered, an old one is not, and not without end", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    client.network.to_server = [](Bytes&) { return false; };
    REQUIRE_FALSE(client.connection.connect(world.in(100ms)));
    const auto request = [](std::uint8_t cookie) {
        return Bytes{22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0,    0,    16, 3,     0,
                     0,  4,    0,    0, 0, 0, 0, 0, 0, 4, 0xFE, 0xFF, 1,  cookie};
    };
    for (int i = 0; i < 20; ++i) {
        client.network.inject(request(1));
    }
    REQUIRE_FALSE(client.connection.connect(world.in(100ms)));
    CHECK(client.network.sent.size() == 2);
    for (std::uint8_t cookie = 2; cookie < 50; ++cookie) {
        client.network.inject(request(cookie));
    }
    REQUIRE_FALSE(client.connection.connect(world.in(100ms)));
    CHECK(client.network.sent.size() == 1 + 6);
    CHECK(client.network.sent.back().back() == client.network.sent.at(1).back());
}

TEST_CASE("a number is not used again when the chip's answer was late or lost", "[dtls]") {
    World world{{}, {.command_timeout = 3s}};
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    check_echo(world, client, "before");
    const std::string fault = GENERATE("delay=5s,during=ProcUpLinkMsg", "bus-error,before=read,register=data,times=9",
                                       "reset,before=ProcUpLinkMsg");
    CAPTURE(fault);
    world.chip().faults().add(sim::parse_fault_rule(fault).value());
    const auto sent_before = client.network.sent.size();
    const auto lost = client.connection.send(bytes_of("lost"), world.in(1s));
    REQUIRE_FALSE(lost);
    CAPTURE(lost.error().message());
    CHECK(client.network.sent.size() == sent_before);
    world.chip().faults().clear();
    CHECK(client.connection.state() == dtls::State::connected);
    if (fault.starts_with("reset")) {
        CHECK(client.connection.send(bytes_of("after"), world.in(1s)).error() == Errc::session_lost);
        CHECK(client.network.sent.size() == sent_before);
        return;
    }
    check_echo(world, client, "after");
    const auto& record = client.network.sent.back();
    CHECK(to_hex(ByteView{record}.subspan(3, 8)) == "0001000000000003");  // Finished, before, lost, after
    CHECK(to_hex(ByteView{record}.subspan(13, 8)) == "0001000000000003");
}

TEST_CASE("a record that is longer than the chip takes is counted as one", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    client.server.write(Bytes(dtls::max_received_payload, 'x'));
    const auto longest = client.connection.receive(world.in(1s)).value();
    REQUIRE(longest);
    CHECK(longest->size() == dtls::max_received_payload);
    client.server.write(Bytes(dtls::max_received_payload + 1, 'x'));
    CHECK_FALSE(client.connection.receive(world.in(1s)).value());
    CHECK(client.connection.report().drops.too_long == 1);
    CHECK(client.connection.report().drops.malformed == 0);
    check_echo(world, client, "hello");
}

TEST_CASE("a received record is tried once more when the chip's answer was late or lost", "[dtls]") {
    World world{{}, {.command_timeout = 3s}};
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    const std::string fault =
        GENERATE("delay=5s,during=ProcDownLinkMsg", "bus-error,before=read,register=data,times=9");
    CAPTURE(fault);
    const auto fail_once = [&] {
        world.chip().faults().add(sim::parse_fault_rule(fault).value());
        const auto failed = client.connection.receive(world.in(1s));
        world.chip().faults().clear();
        REQUIRE_FALSE(failed);
        CAPTURE(failed.error().message());
        CHECK(client.connection.state() == dtls::State::connected);
    };
    client.server.write(bytes_of("once more"));
    fail_once();
    CHECK(client.connection.readiness().at == TimePoint::min());
    CHECK(text_of(client.connection.receive(world.in(1s)).value().value()) == "once more");
    // And not without end.
    client.server.write(bytes_of("lost"));
    fail_once();
    fail_once();
    CHECK_FALSE(client.connection.receive(world.in(1s)).value());
    check_echo(world, client, "hello");
}

TEST_CASE("a received record waits while another thread has the chip for too long", "[dtls]") {
    World world{{}, {.lock_timeout = 20ms}};
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    client.server.write(bytes_of("later"));
    std::promise<void> locked;
    std::promise<void> done;
    std::thread other{[&] {
        const auto lock = world.device->lock();
        locked.set_value();
        done.get_future().wait();
    }};
    locked.get_future().wait();
    const auto late = client.connection.receive(world.in(1s));
    done.set_value();
    other.join();
    REQUIRE_FALSE(late);
    CHECK(late.error() == Errc::lock_timeout);
    CHECK(text_of(client.connection.receive(world.in(1s)).value().value()) == "later");
}

TEST_CASE("datagrams that are no records keep nobody from a deadline", "[dtls]") {
    // Babbling has a new one whenever it is asked, for some seconds.
    class Babbling final : public dtls::DatagramSocket {
     public:
        Babbling(dtls::DatagramSocket& inner, VirtualTime& time) : inner_{inner}, time_{time} {}
        Result<void> send(ByteView datagram, Deadline deadline) override { return inner_.send(datagram, deadline); }
        Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override {
            if (left == 0) {
                return inner_.receive(buffer);
            }
            --left;
            time_.sleep_until(time_.now() + 1ms);
            buffer[0] = 22;
            return 1;
        }
        Result<void> wait(Deadline deadline) override { return inner_.wait(deadline); }

        int left = 0;

     private:
        dtls::DatagramSocket& inner_;
        VirtualTime& time_;
    };
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    Babbling socket{client.network, world.time};
    dtls::Connection connection{*world.device, socket, world.time, {.dates_hold_at = test_time}};
    socket.left = 10'000;
    const auto start = world.time.now();
    CHECK(connection.connect(world.in(1s)).error() == DtlsError::peer_silent);
    CHECK(world.time.now() - start < 2s);
    socket.left = 0;
    REQUIRE(connection.connect(world.in(10s)));
    socket.left = 10'000;
    CHECK_FALSE(connection.receive(world.in(1s)).value());
    CHECK(socket.left > 8000);
    CHECK(connection.report().drops.malformed > 1000);
}

TEST_CASE("a chip that hangs ends the connection, and is not asked for anything more", "[dtls]") {
    World world;
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server};
    require_connected(world, client);
    world.chip().faults().add(sim::parse_fault_rule("hang,during=ProcUpLinkMsg").value());
    const auto start = world.time.now();
    const auto hung = client.connection.send(bytes_of("x"), world.in(1s));
    REQUIRE_FALSE(hung);
    CAPTURE(hung.error().message());
    CHECK(hung.error() == Errc::chip_hangs);
    CHECK(world.time.now() - start < 15s);
    CHECK(client.connection.state() == dtls::State::closed);
}

TEST_CASE("a Finished whose encryption is lost is sent later", "[dtls]") {
    World world{{}, {.command_timeout = 3s}};
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {.cookies = false}};
    // 1A is asked for ClientHello, ClientKeyExchange, Finished, and the encryption.
    world.chip().faults().add(sim::parse_fault_rule("delay=5s,during=ProcUpLinkMsg,nth=4").value());
    require_connected(world, client);
    // Each time it had another number.
    const auto again = client.connection.report().flights_sent_again;
    CHECK(again >= 1);
    CHECK(client.network.sent.back().at(4) == 1);
    CHECK(client.network.sent.back().at(10) == again);
    check_echo(world, client, "hello");
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

TEST_CASE("a chip that hands its certificate out in parts, and one whose sessions are all in use", "[dtls]") {
    sim::ChipOptions options;
    options.dtls.chunk_size = 100;
    World world{options};
    const Pki pki;
    world.trust(pki.root);
    Client client{world, pki.server, {.request_certificate = true, .client_authority = world.authority()}};
    require_connected(world, client);
    check_echo(world, client, "hello");
    std::vector<SessionLease> leases;
    for (int i = 0; i < 3; ++i) {
        leases.push_back(world.device->lease_session(0ms).value());
    }
    Client late{world, pki.server};
    const auto start = world.time.now();
    CHECK(late.connection.connect(world.in(3s)).error() == Errc::lock_timeout);
    CHECK(world.time.now() - start < 4s);
    CHECK(late.connection.state() == dtls::State::idle);
    leases.pop_back();
    require_connected(world, late);
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
