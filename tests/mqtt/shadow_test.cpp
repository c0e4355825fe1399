// SPDX-License-Identifier: Apache-2.0
// Shadows without a network: requests whose answers are lost, and deltas in any order.
#include "shadow/call.hpp"
#include "shadow/rejection.hpp"
#include "shadow/topics.hpp"
#include "shadow/watch.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace trustx::mqtt;
using trustx::test::VirtualClock;

namespace {

const ShadowTopics valve{"gw", "valve"};

Json json(const std::string& text) {
    return Json::parse(text);
}

std::string with_token(const Publication& request, Json body) {
    body["clientToken"] = text_member(read_object(request.payload).value(), "clientToken").value();
    return write(body);
}

// answer hands a call the answer to what it publishes next.
template <class Machine>
Publication answer(Machine& machine, bool accepted, const std::string& body) {
    const auto request = machine.next();
    REQUIRE(request);
    machine.arrived(request->topic + (accepted ? "/accepted" : "/rejected"), with_token(*request, json(body)));
    return *request;
}

struct ShadowWorld {
    VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    std::vector<Level> notices;
    ShadowWatch watch{clock, valve, tokens, [this](Level level, const std::string&) { notices.push_back(level); }};

    // connect answers the get with a document; empty: there is no shadow.
    void connect(const std::string& document) {
        watch.connected();
        const auto topic =
            document.empty() ? answer(watch, false, R"({"code":404,"message":"none"})") : answer(watch, true, document);
        CHECK(topic.topic == valve.get());
    }
    void delta(int version, const std::string& state, int when = 1) {
        Json body = Json::object();
        body["version"] = version;
        body["state"] = json(state);
        Json metadata = Json::object();
        for (const auto& [name, value] : body["state"].items()) {
            metadata[name]["timestamp"] = when;
        }
        body["metadata"] = metadata;
        watch.arrived(valve.delta(), write(body));
    }
    // taken is the version of the delta to be handled now; 0: there is none.
    std::int64_t taken() {
        const auto delta = watch.take();
        return delta ? delta->version : 0;
    }
};

}  // namespace

TEST_CASE("the topics of a shadow are those of its thing and its name", "[shadow]") {
    CHECK(ShadowTopics("gw", "").get() == "$aws/things/gw/shadow/get");
    CHECK(valve.update() == "$aws/things/gw/shadow/name/valve/update");
    CHECK(valve.remove() == "$aws/things/gw/shadow/name/valve/delete");
    CHECK(valve.delta() == "$aws/things/gw/shadow/name/valve/update/delta");
    CHECK(answers("x") == std::vector<std::string>{"x/accepted", "x/rejected"});
}

TEST_CASE("a refusal keeps its code and its words", "[shadow]") {
    const auto rejection = read_shadow_rejection(json(R"({"code":409,"message":"Version conflict"})"));
    CHECK(rejection.code == shadow_version_conflict);
    CHECK_THAT(words(rejection), ContainsSubstring("another version") && ContainsSubstring("409 Version conflict"));
    CHECK(read_shadow_rejection(json(R"({"code":"x"})")).code == 0);
    CHECK(read_shadow_rejection(json(R"({"code":99999999999})")).code == 0);
    CHECK(asks_for_patience({429, {}}));
    CHECK(asks_for_patience({500, {}}));
    for (const int code : {400, 401, 403, 404, 409, 413, 415}) {
        CHECK_FALSE(asks_for_patience({code, {}}));
        CHECK(words({code, {}}).size() > 10);
    }
}

TEST_CASE("a shadow is got, and its document is what came", "[shadow]") {
    const VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    auto call = ShadowCall::get(clock, valve, tokens);
    CHECK(call.filters() == answers(valve.get()));
    answer(call, true, R"({"state":{"reported":{"a":1}},"version":3})");
    REQUIRE(call.outcome());
    CHECK_FALSE(call.outcome()->rejection);
    CHECK(integer_member(call.outcome()->document, "version") == 3);
}

TEST_CASE("an update sends its sections and its version, and nothing else", "[shadow]") {
    const VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    auto call = ShadowCall::update(clock, valve, tokens, {json(R"({"a":null})"), {}, 7});
    auto sent = read_object(answer(call, false, R"({"code":409})").payload).value();
    sent.erase("clientToken");
    CHECK(sent == json(R"({"state":{"desired":{"a":null}},"version":7})"));
    REQUIRE(call.outcome()->rejection);
    CHECK(call.outcome()->rejection->code == shadow_version_conflict);
}

TEST_CASE("a conflict after a lost answer is none where the shadow has what was sent", "[shadow]") {
    const VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    auto call = ShadowCall::update(clock, valve, tokens, {json(R"({"a":1,"b":null})"), json(R"({"c":{"d":2}})"), 7});
    REQUIRE(call.next());
    call.connection_lost();
    answer(call, false, R"({"code":409})");
    CHECK_FALSE(call.outcome());
    const auto [document, ours] = GENERATE(table<std::string, bool>({
        {R"({"version":8,"state":{"desired":{"a":1,"x":0},"reported":{"c":{"d":2,"e":3}}}})", true},
        {R"({"version":9,"state":{"desired":{"a":1},"reported":{"c":{"d":2}}}})", false},
        {R"({"version":8,"state":{"desired":{"a":2},"reported":{"c":{"d":2}}}})", false},
        {R"({"version":8,"state":{"desired":{"a":1,"b":1},"reported":{"c":{"d":2}}}})", false},
        {R"({"version":8,"state":{"desired":{"a":1}}})", false},
    }));
    CAPTURE(document);
    CHECK(answer(call, true, document).topic == valve.get());
    REQUIRE(call.outcome());
    CHECK(call.outcome()->rejection.has_value() != ours);
}

TEST_CASE("a shadow that is gone after a lost answer was deleted", "[shadow]") {
    const VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    auto call = ShadowCall::remove(clock, valve, tokens);
    if (GENERATE(true, false)) {
        REQUIRE(call.next());
        call.connection_lost();
        answer(call, false, R"({"code":404})");
        CHECK_FALSE(call.outcome()->rejection);
    } else {
        answer(call, false, R"({"code":404})");
        CHECK(call.outcome()->rejection);
    }
}

TEST_CASE("a service under load is asked again", "[shadow]") {
    VirtualClock clock;
    Tokens tokens{[] { return 1; }};
    auto call = ShadowCall::get(clock, valve, tokens);
    answer(call, false, R"({"code":429})");
    CHECK_FALSE(call.outcome());
    CHECK_FALSE(call.next());
    clock.sleep_until(call.wakes_at().value());
    call.wake();
    answer(call, true, R"({"version":1})");
    CHECK(call.outcome());
}

TEST_CASE("after each connection the shadow is got first, then deltas count", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":5,"state":{"delta":{"a":1}},"metadata":{"desired":{"a":{"timestamp":1}}}})");
    CHECK(world.taken() == 5);
    world.watch.handled({});
    world.delta(6, R"({"a":2})");
    CHECK(world.taken() == 6);
    world.watch.handled({});
    world.watch.connection_lost();
    world.connect(R"({"version":9,"state":{"delta":{"a":3}},"metadata":{"desired":{"a":{"timestamp":2}}}})");
    CHECK(world.taken() == 9);
}

TEST_CASE("a delta that is not newer than what is known is dropped", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":5,"state":{}})");
    world.delta(5, R"({"a":1})");
    CHECK(world.taken() == 0);
    world.delta(4, R"({"a":1})");
    CHECK(world.taken() == 0);
    world.delta(7, R"({"a":2})");
    world.delta(6, R"({"a":1})");
    const auto delta = world.watch.take();
    REQUIRE(delta);
    CHECK(delta->version == 7);
    CHECK(delta->state == json(R"({"a":2})"));
}

TEST_CASE("a delta that overtakes the answer to get counts if it is newer", "[shadow]") {
    ShadowWorld world;
    world.watch.connected();
    world.delta(8, R"({"a":8})");
    world.delta(7, R"({"a":7})");
    CHECK(world.taken() == 0);
    const bool newer = GENERATE(true, false);
    answer(world.watch, true, newer ? R"({"version":9,"state":{"delta":{"a":9}}})" : R"({"version":6,"state":{}})");
    CHECK(world.taken() == (newer ? 9 : 8));
}

TEST_CASE("a delta counts although the answer to an update had the same version", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{"delta":{"a":1}}})");
    CHECK(world.taken() == 1);
    world.watch.handled(json(R"({"a":0})"));
    answer(world.watch, true, R"({"version":2,"state":{"reported":{"a":0}}})");
    world.delta(2, R"({"a":1,"b":2})");
    CHECK(world.taken() == 2);
}

TEST_CASE("a shadow that was made again begins with a lower version", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":50,"state":{}})");
    world.watch.connection_lost();
    world.connect(GENERATE(as<std::string>{}, "", R"({"version":1,"state":{}})"));
    world.delta(2, R"({"a":1})");
    CHECK(world.taken() == 2);
}

TEST_CASE("what a handler answers is reported until that is acknowledged", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{"delta":{"a":1}}})");
    CHECK(world.taken() == 1);
    CHECK(world.watch.busy());
    world.watch.handled(json(R"({"a":1})"));
    const auto report = world.watch.next();
    REQUIRE(report);
    CHECK(report->topic == valve.update());
    auto sent = read_object(report->payload).value();
    sent.erase("clientToken");
    CHECK(sent == json(R"({"state":{"reported":{"a":1}}})"));
    world.watch.connection_lost();
    world.connect(R"({"version":1,"state":{"delta":{"a":1}}})");
    const auto again = world.watch.next();
    REQUIRE(again);
    CHECK(again->payload == report->payload);
    CHECK(world.taken() == 0);  // the same delta, whose report is under way
    world.watch.arrived(again->topic + "/accepted", with_token(*again, json(R"({"version":2})")));
    CHECK_FALSE(world.watch.busy());
}

TEST_CASE("a delta that remains after its report does not go round and round", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{}})");
    world.delta(2, R"({"a":1})", 7);
    CHECK(world.taken() == 2);
    world.watch.handled(json(R"({"a":0})"));
    answer(world.watch, true, R"({"version":3})");
    world.delta(3, R"({"a":1})", 7);
    CHECK(world.taken() == 0);
    world.delta(4, R"({"a":1})", 8);  // desired once more
    CHECK(world.taken() == 4);
}

TEST_CASE("a delta that could not be handled comes again after a pause, unless another is desired", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{"delta":{"a":1}}})");
    CHECK(world.taken() == 1);
    SECTION("after a pause") {
        world.watch.failed();
        CHECK(world.taken() == 0);
        world.clock.sleep_until(world.watch.wakes_at().value());
        CHECK(world.taken() == 1);
    }
    SECTION("another is desired") {
        world.delta(2, R"({"a":2})");
        world.watch.failed();
        CHECK(world.taken() == 2);
    }
    SECTION("nothing is desired any more") {
        world.watch.connection_lost();
        world.connect(R"({"version":2,"state":{}})");
        world.watch.failed();
        CHECK_FALSE(world.watch.wakes_at());
        CHECK(world.taken() == 0);
    }
}

TEST_CASE("a report that is refused or too large is told, and ends", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{"delta":{"a":1}}})");
    CHECK(world.taken() == 1);
    if (GENERATE(true, false)) {
        world.watch.handled(json(R"({"a":1})"));
        answer(world.watch, false, R"({"code":400})");
    } else {
        world.watch.handled(Json{{"a", std::string(ShadowWatch::longest_report, 'x')}});
        CHECK_FALSE(world.watch.next());
    }
    CHECK(std::ranges::count(world.notices, Level::error) == 1);
    CHECK_FALSE(world.watch.busy());
}

TEST_CASE("a delta that is none is dropped", "[shadow]") {
    ShadowWorld world;
    world.connect(R"({"version":1,"state":{}})");
    for (const auto* text :
         {"", "[]", "{}", R"({"version":2})", R"({"version":"2","state":{"a":1}})", R"({"version":2,"state":[1]})"}) {
        world.watch.arrived(valve.delta(), text);
        CHECK(world.taken() == 0);
    }
}
