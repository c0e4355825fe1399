// SPDX-License-Identifier: Apache-2.0
// Waiting for things that take their time, on a clock that takes none.
#include "ifx_i2c/expectation.hpp"

#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace std::chrono_literals;

namespace {

constexpr auto poll_time = 160us;  // five bytes at 400 kHz, and the guard time

struct Outcome {
    int polls = 0;
    Duration too_late{};
};

// await waits for something that happens after `duration`.
Outcome await(Expectation& expectation, Duration duration) {
    test::VirtualClock clock;
    const auto start = clock.now();
    const auto deadline = clock.in(20s);
    Watch watch{expectation, clock, start};
    Outcome outcome;
    watch.await_poll(deadline);
    for (;;) {
        const auto polled_at = clock.now();
        clock.advance(poll_time);
        ++outcome.polls;
        if (polled_at - start >= duration) {
            watch.happened();
            outcome.too_late = polled_at - start - duration;
            return outcome;
        }
        watch.still_pending(polled_at);
        watch.await_next_poll(deadline);
    }
}

}  // namespace

TEST_CASE("without experience the first poll comes at half of what is typical", "[waiting]") {
    CHECK(Expectation{}.first_poll() == 0s);
    CHECK(Expectation{60ms}.first_poll() == 30ms);
}

TEST_CASE("what always takes the same is found with one poll in vain", "[waiting]") {
    const Duration duration = GENERATE(1300us, 4200us, 65ms, 145ms, 250ms);
    const Duration typical = GENERATE(0ms, 60ms);
    Expectation expectation{typical};
    for (int i = 0; i < 40; ++i) {
        const auto outcome = await(expectation, duration);
        CHECK(outcome.polls < 80);
    }
    for (int i = 0; i < 40; ++i) {
        const auto outcome = await(expectation, duration);
        CHECK(outcome.polls <= 2);
        CHECK(outcome.too_late <= 300us);
    }
}

TEST_CASE("the first time costs no more than the pause of Infineon's library", "[waiting]") {
    const Duration duration = GENERATE(30ms, 65ms, 145ms, 1s, 5s);
    Expectation expectation{60ms};
    CHECK(await(expectation, duration).too_late <= 5ms);
}

TEST_CASE("what varies is found soon after it happened", "[waiting]") {
    Expectation expectation{60ms};
    Duration sum{};
    constexpr int rounds = 400;
    for (int i = 0; i < rounds; ++i) {
        const Duration duration = 65ms + 100us * (i * 7 % 20);  // 65 to 67 ms
        const auto outcome = await(expectation, duration);
        sum += outcome.too_late;
        CHECK(outcome.polls <= 40);
        CHECK(outcome.too_late <= 5ms);
    }
    CHECK(sum / rounds <= 650us);  // one per cent
}

TEST_CASE("what has become quicker is noticed within a few times", "[waiting]") {
    Expectation expectation{60ms};
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(await(expectation, 145ms));
    }
    int rounds = 0;
    while (await(expectation, 40ms).too_late > 400us) {
        REQUIRE(++rounds < 12);
    }
}

TEST_CASE("one long delay does not make the next wait long", "[waiting]") {
    const Duration delay = GENERATE(300ms, 900ms, 5s);
    Expectation expectation{60ms};
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(await(expectation, 145ms));
    }
    const auto delayed = await(expectation, 145ms + delay);
    CHECK(delayed.too_late <= 5ms);
    CHECK(delayed.polls < 1100);  // 5 s at 5 ms
    CHECK(await(expectation, 145ms).too_late <= delay / 4);
}

TEST_CASE("a wait ends at its deadline", "[waiting]") {
    test::VirtualClock clock;
    Expectation expectation{10s};
    Watch watch{expectation, clock, clock.now()};
    const auto deadline = clock.in(1s);
    watch.await_poll(deadline);
    CHECK(clock.now() == deadline.at);
    watch.await_next_poll(deadline);
    CHECK(clock.now() == deadline.at);
}
