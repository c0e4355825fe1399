// SPDX-License-Identifier: Apache-2.0
// What the tests of connections have in common.
#pragma once

#include "support/catch.hpp"
#include "world.hpp"

#include <string>

namespace trustx::test {

inline void require_connected(World& world, Client& client) {
    const auto connected = client.connection.connect(world.in(std::chrono::seconds{300}));
    CAPTURE(connected ? std::string{} : connected.error().message());
    REQUIRE(connected);
}

// check_echo demands of a connection with a server that echoes that both directions work.
inline void check_echo(World& world, Client& client, const std::string& text) {
    REQUIRE(client.connection.send(bytes_of(text), world.in(std::chrono::seconds{1})));
    const auto received = client.connection.receive(world.in(std::chrono::seconds{5}));
    REQUIRE(received);
    REQUIRE(*received);
    CHECK(text_of(**received) == text);
}

}  // namespace trustx::test
