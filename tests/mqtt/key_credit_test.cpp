// SPDX-License-Identifier: Apache-2.0
// How often connections may use the key in the chip, on a clock that the test sets.
#include "connection/key_credit.hpp"

#include "connection/backoff.hpp"
#include "session_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace std::chrono_literals;
using trustx::mqtt::Backoff;
using trustx::mqtt::KeyCredit;
using trustx::test::most_within;

namespace {

using TimePoint = KeyCredit::TimePoint;

const TimePoint credit_start{1000h};
const KeyCredit::Limits by_default{};

}  // namespace

TEST_CASE("a burst of uses costs no wait, and what follows waits an interval each", "[credit]") {
    KeyCredit credit{{.interval = 5s, .burst = 3}};
    for (int i = 0; i < 3; ++i) {
        CHECK(credit.wait(credit_start) == 0ms);
        credit.used(credit_start);
    }
    CHECK(credit.wait(credit_start) == 5s);
    CHECK(credit.wait(credit_start + 4s) == 1s);
    CHECK(credit.wait(credit_start + 5s) == 0ms);
    credit.used(credit_start + 5s);
    CHECK(credit.wait(credit_start + 5s) == 5s);
}

TEST_CASE("credit comes back with time, and never more than a burst of it", "[credit]") {
    KeyCredit credit{{.interval = 5s, .burst = 2}};
    credit.used(credit_start);
    credit.used(credit_start);
    const auto much_later = credit_start + 24h;
    for (int i = 0; i < 2; ++i) {
        CHECK(credit.wait(much_later) == 0ms);
        credit.used(much_later);
    }
    CHECK(credit.wait(much_later) == 5s);
}

// The worst that a broker can do: it takes every connection and ends it after a time of its choice.
TEST_CASE("a program that always connects again uses the key once in five seconds in the long run", "[credit]") {
    const auto lifetime = GENERATE(0s, 1s, 59s, 60s, 61s);
    CAPTURE(lifetime.count());
    KeyCredit credit{by_default};
    Backoff backoff{{}, [] { return 0.0; }};  // the shortest waits that it draws
    std::vector<TimePoint> uses;
    for (auto now = credit_start; now < credit_start + 6h;) {
        uses.push_back(now);
        credit.used(now);
        backoff.connected(now);
        now += lifetime;
        now += std::max(backoff.next(now), credit.wait(now));
    }
    for (const KeyCredit::Duration span : {KeyCredit::Duration{1min}, KeyCredit::Duration{1h}}) {
        CHECK(most_within(uses, span) <= by_default.burst + static_cast<std::size_t>(span / 5s));
    }
}

TEST_CASE("two clients with the same id meet a few times and then once in half an hour at most", "[credit]") {
    Backoff backoff{{}, [] { return 0.0; }};
    std::vector<TimePoint> uses;
    for (auto now = credit_start; now < credit_start + 24h;) {
        uses.push_back(now);
        backoff.connected(now);
        now += 1s;  // the other one comes back
        now += backoff.stand_aside(now);
    }
    CHECK(most_within({uses.end() - 10, uses.end()}, 1h) <= 2);
    CHECK(uses.size() < 60);
    SECTION("until a connection lasts, and then the next time is the first one") {
        const auto now = uses.back();
        backoff.connected(now);
        CHECK(backoff.stand_aside(now + 3h) <= 1min);
    }
}
