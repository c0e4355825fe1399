// SPDX-License-Identifier: Apache-2.0
// A broker that closes the connection for one message and does not say so, which is all that MQTT 3.1.1 lets it do.
#include "../broker_world.hpp"
#include "outbox/spool.hpp"
#include "session/culprit.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

using namespace trustx::test;

TEST_CASE("a message that is too large for mosquitto is set aside, and those behind it leave", "[mqtt][spool]") {
    GatewayWorld world{{.further_configuration = "max_packet_size 2000\n"}};
    static_cast<void>(world.gateway.key_uses());
    const auto spool = world.file("spool");
    auto listener = world.listen("t");
    const auto outcome = world.gateway.run_ours(
        "hasty_mqtt_client",
        world.arguments({"--cert", world.gateway.certificate(), "--topic", "t", "--spool", spool, "--timeout", "60"}),
        {.input = "one\ntwo\n" + std::string(5000, 'x') + "\nthree\nfour\nfive\n"});
    INFO(outcome.err);
    CHECK(outcome.status == 6);
    listener.wait_for_line("five");
    // What was acknowledged when the connection ended may come twice.
    std::vector<std::string> received;
    std::istringstream lines{listener.out()};
    for (std::string line; std::getline(lines, line);) {
        if (std::find(received.begin(), received.end(), line) == received.end()) {
            received.push_back(line);
        }
    }
    CHECK(received == std::vector<std::string>{"one", "two", "three", "four", "five"});
    CHECK(world.gateway.key_uses() > static_cast<int>(trustx::mqtt::Culprit::series));
    const auto left = trustx::mqtt::Spool::open({.directory = spool, .client_id = "gateway"});
    REQUIRE(left);
    CHECK((*left)->empty());
    CHECK((*left)->counters().kept == 1);
}
