// SPDX-License-Identifier: Apache-2.0
// Requests to services of AWS IoT, and the documents in which they answer.
#include "requests/request.hpp"

#include "requests/json.hpp"
#include "requests/names.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <string>

using namespace trustx::mqtt;
using namespace std::chrono_literals;
using trustx::test::VirtualClock;

namespace {

std::string answer_with(const std::string& token) {
    return R"({"clientToken":")" + token + R"(","version":1})";
}

std::string token_in(const Publication& publication) {
    return text_member(read_object(publication.payload).value(), "clientToken").value();
}

}  // namespace

TEST_CASE("foreign JSON is read within bounds only", "[requests]") {
    CHECK(read_object(R"({"a":1})"));
    CHECK_FALSE(read_object(""));
    CHECK_FALSE(read_object("[1]"));
    CHECK_FALSE(read_object(R"({"a":1)"));
    CHECK_FALSE(read_object("{\"a\":\"\xFF\"}"));
    const auto nested = [](int levels) {
        const auto times = static_cast<std::size_t>(levels);
        std::string text;
        for (int level = 0; level < levels; ++level) {
            text += R"({"a":)";
        }
        return text + "1" + std::string(times, '}');
    };
    CHECK(read_object(nested(deepest_json)));
    CHECK_FALSE(read_object(nested(deepest_json + 2)));
    CHECK_FALSE(read_object(nested(20'000)));
    CHECK_FALSE(read_object(R"({"a":")" + std::string(longest_json, 'x') + R"("})"));
}

TEST_CASE("a member counts with its own type only", "[requests]") {
    const auto object = read_object(R"({"t":"x","n":7,"f":1.5,"big":18446744073709551615,"o":{},"z":null})").value();
    CHECK(text_member(object, "t") == "x");
    CHECK_FALSE(text_member(object, "n"));
    CHECK_FALSE(text_member(object, "none"));
    CHECK(integer_member(object, "n") == 7);
    CHECK_FALSE(integer_member(object, "f"));
    CHECK_FALSE(integer_member(object, "big"));
    CHECK(object_member(object, "o") != nullptr);
    CHECK(object_member(object, "z") == nullptr);
    CHECK_FALSE(text_member(Json{}, "t"));
}

TEST_CASE("a document is handed on in the order in which it came", "[requests]") {
    CHECK(write(read_object(R"({ "z": 1, "a": [ {"y":2, "b":3} ] })").value()) == R"({"z":1,"a":[{"y":2,"b":3}]})");
    CHECK(write_ascii(read_object("{\"a\":\"\xC2\x9B\"}").value()) == R"({"a":"\u009b"})");
}

TEST_CASE("names that would reach another topic are refused", "[requests]") {
    CHECK(is_thing_name("gateway-1_a:b"));
    CHECK_FALSE(is_thing_name(""));
    CHECK_FALSE(is_thing_name("a/b"));
    CHECK_FALSE(is_thing_name("+"));
    CHECK_FALSE(is_thing_name(std::string(129, 'a')));
    CHECK(is_shadow_name(std::string(64, 'a')));
    CHECK_FALSE(is_shadow_name(std::string(65, 'a')));
    CHECK_FALSE(is_job_id("a:b"));
    CHECK_FALSE(is_job_id("$next"));
}

TEST_CASE("a request is answered by the message with its topic and token", "[requests]") {
    const VirtualClock clock;
    Tokens tokens{[] { return 7; }};
    Request request{clock, "a/get", Json::object(), tokens.next()};
    const auto sent = request.next();
    REQUIRE(sent);
    CHECK(sent->topic == "a/get");
    CHECK_FALSE(request.next());
    const auto answer = answer_with(token_in(*sent));
    CHECK_FALSE(request.arrived("a/get/accepted", answer_with("another")));
    CHECK_FALSE(request.arrived("a/get/accepted", "{}"));
    CHECK_FALSE(request.arrived("a/get", answer));
    CHECK_FALSE(request.arrived("b/get/accepted", answer));
    CHECK(request.arrived("a/get/accepted", answer).value().accepted);
    CHECK_FALSE(request.arrived("a/get/rejected", answer).value().accepted);
    CHECK(tokens.next() != token_in(*sent));
    CHECK(tokens.next().size() <= 64);
}

TEST_CASE("a request is sent again when its connection is lost, and when no answer comes", "[requests]") {
    VirtualClock clock;
    Tokens tokens{[] { return 7; }};
    Request request{clock, "a/get", Json::object(), tokens.next()};
    const auto first = request.next();
    CHECK_FALSE(request.sent_again());
    request.connection_lost();
    const auto second = request.next();
    REQUIRE(second);
    CHECK(second->payload == first->payload);
    CHECK(request.sent_again());
    REQUIRE(request.wakes_at() == clock.now() + Request::patience);
    request.wake();
    CHECK_FALSE(request.next());
    clock.sleep_until(*request.wakes_at());
    request.wake();
    CHECK(request.next());
}

TEST_CASE("a service that asks for patience is asked less and less often", "[requests]") {
    VirtualClock clock;
    Tokens tokens{[] { return 7; }};
    Request request{clock, "a/get", Json::object(), tokens.next()};
    trustx::Duration pause{};
    for (int round = 0; round < 20; ++round) {
        REQUIRE(request.next());
        request.send_later();
        CHECK_FALSE(request.next());
        const auto before = clock.now();
        REQUIRE(request.wakes_at());
        CHECK(*request.wakes_at() - before >= pause);
        pause = *request.wakes_at() - before;
        clock.sleep_until(*request.wakes_at());
        request.wake();
    }
    CHECK(pause == Request::longest_pause);
}
