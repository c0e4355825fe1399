// SPDX-License-Identifier: Apache-2.0
// What becomes of a connection when the chip is reset, late, gone, or used by others.
#include "connecting.hpp"
#include "support/forked_child.hpp"

#include <future>
#include <thread>
#include <utility>

#include <sys/wait.h>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

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

}  // namespace

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
