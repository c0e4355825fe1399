// SPDX-License-Identifier: Apache-2.0
// The schedule of connection attempts, on a clock that the test sets.
#include "connection/backoff.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace std::chrono_literals;
using trustx::mqtt::Backoff;

namespace {

const Backoff::TimePoint start{1000h};

// draws_high gives the largest number below 1 that matters here; draws_low the smallest.
double draws_high() {
    return 0.999999;
}
double draws_low() {
    return 0.0;
}

}  // namespace

TEST_CASE("back-off doubles its upper bound with every failure up to the cap", "[backoff]") {
    Backoff backoff{{}, draws_high};
    const std::vector<Backoff::Duration> bounds{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s};
    for (const auto bound : bounds) {
        const auto wait = backoff.next(start);
        CAPTURE(bound.count(), wait.count());
        CHECK(wait <= bound);
        CHECK(wait >= bound - 1ms);
    }
}

TEST_CASE("back-off never waits for less than a second", "[backoff]") {
    Backoff backoff{{}, draws_low};
    for (int i = 0; i < 12; ++i) {
        CHECK(backoff.next(start) == 1s);
    }
}

TEST_CASE("back-off uses the whole range below its bound", "[backoff]") {
    double drawn = 0.0;
    Backoff backoff{{}, [&drawn] { return drawn; }};
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(backoff.next(start));
    }
    drawn = 0.5;
    CHECK(backoff.next(start) == 4s);
    drawn = 0.25;
    CHECK(backoff.next(start) == 4s);
    drawn = 0.75;
    CHECK(backoff.next(start) == 24s);
}

TEST_CASE("back-off starts over after a connection that lasted a minute", "[backoff]") {
    Backoff backoff{{}, draws_high};
    for (int i = 0; i < 6; ++i) {
        static_cast<void>(backoff.next(start));
    }
    backoff.connected(start);
    CHECK(backoff.next(start + 60s) <= 1s);
}

TEST_CASE("back-off goes on growing when connections do not last", "[backoff]") {
    Backoff backoff{{}, draws_high};
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(backoff.next(start));
    }
    backoff.connected(start);
    const auto after_drop = backoff.next(start + 59s);
    CHECK(after_drop > 4s);
    CHECK(after_drop <= 8s);

    SECTION("and the failures that follow are not mistaken for the end of a long connection") {
        CHECK(backoff.next(start + 10min) > 8s);
    }
}

TEST_CASE("back-off draws one random number for every wait", "[backoff]") {
    int draws = 0;
    Backoff backoff{{}, [&draws] {
                        ++draws;
                        return 0.5;
                    }};
    static_cast<void>(backoff.next(start));
    static_cast<void>(backoff.next(start));
    CHECK(draws == 2);
}

TEST_CASE("back-off stands aside for longer with every time that the connection is taken over", "[backoff]") {
    Backoff backoff{{}, draws_high};
    const std::vector<Backoff::Duration> bounds{1min, 2min, 4min, 8min, 16min, 32min, 1h, 1h};
    for (const auto bound : bounds) {
        backoff.connected(start);
        const auto wait = backoff.stand_aside(start + 10min);
        CAPTURE(bound.count(), wait.count());
        CHECK(wait <= bound);
        CHECK(wait >= bound / 2);
    }
}
