// SPDX-License-Identifier: Apache-2.0
// What others can send, and how little comes of it.
#include "connecting.hpp"

#include <cerrno>
#include <tuple>
#include <utility>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

// forged_record is one of epoch 1 with that many bytes of nonsense.
Bytes forged_record(std::uint8_t type, unsigned number, std::size_t size = 40) {
    Bytes record{type, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    record.at(9) = static_cast<std::uint8_t>(number >> 8U);
    record.at(10) = static_cast<std::uint8_t>(number);
    record.at(11) = static_cast<std::uint8_t>(size >> 8U);
    record.at(12) = static_cast<std::uint8_t>(size);
    record.resize(record.size() + size);
    return record;
}

// change_and_finished takes the server's last flight apart, which libssl sends in one datagram.
std::pair<Bytes, Bytes> change_and_finished(const Bytes& datagram) {
    constexpr std::ptrdiff_t change = 14;
    REQUIRE(datagram.size() > change);
    return {{datagram.begin(), datagram.begin() + change}, {datagram.begin() + change, datagram.end()}};
}

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
    int refused = 0;
    while (world.time.now() - start < 5min) {
        Client client{world, pki.server};
        const auto connected = client.connection.connect(world.in(5s));
        if (connected) {
            ++connections;
            flood(client);
            CHECK_FALSE(client.connection.receive(world.in(1s)).value());
        } else {
            CHECK(connected.error() == DtlsError::peer_silent);
            CHECK_THAT(connected.error().message(), ContainsSubstring("the chip failed to decrypt too many"));
            ++refused;
        }
        failed += client.connection.report().drops.undecipherable;
    }
    CHECK(connections > 0);
    CHECK(refused > 0);
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
