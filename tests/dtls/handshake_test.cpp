// SPDX-License-Identifier: Apache-2.0
// Connections of the library with libssl, through the simulated chip.
#include "support/catch.hpp"
#include "world.hpp"

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
