// SPDX-License-Identifier: Apache-2.0
#include "outbox/memory_outbox.hpp"

#include "support/catch.hpp"

using namespace trustx::mqtt;
using Ending = Outbox::Ending;

TEST_CASE("an outbox in memory sends what a connection lost before what was never sent", "[outbox]") {
    MemoryOutbox outbox;
    CHECK(outbox.empty());
    CHECK(outbox.has_room());
    REQUIRE(outbox.accept(
        {{.topic = "t", .payload = "1"}, {.topic = "t", .payload = "2"}, {.topic = "t", .payload = "3"}}));
    CHECK_FALSE(outbox.has_room());
    const auto one = **outbox.next();
    const auto two = **outbox.next();
    CHECK(one.payload == "1");
    outbox.ended(two.id, Ending::not_delivered);
    outbox.ended(one.id, Ending::not_delivered);
    for (const char* payload : {"1", "2", "3"}) {
        const auto message = **outbox.next();
        CHECK(message.payload == payload);
        outbox.ended(message.id, Ending::delivered);
    }
    CHECK_FALSE(outbox.next()->has_value());
    CHECK(outbox.empty());
    CHECK(outbox.counters().delivered == 3);
    CHECK(outbox.counters().bytes == 0);
}

TEST_CASE("an outbox in memory counts a message once that is reported twice", "[outbox]") {
    MemoryOutbox outbox;
    REQUIRE(outbox.accept({{.topic = "t", .payload = "1"}}));
    const auto message = **outbox.next();
    outbox.ended(message.id, Ending::refused);
    outbox.ended(message.id, Ending::not_delivered);
    CHECK(outbox.empty());
    CHECK(outbox.counters().refused == 1);
    CHECK(outbox.counters().delivered == 0);
}
