// SPDX-License-Identifier: Apache-2.0
#include "device/failed_decryptions.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <deque>
#include <random>

using namespace std::chrono_literals;
using namespace trustx;

namespace {

constexpr Duration zero{};

}  // namespace

TEST_CASE("in any minute no more decryptions fail than allowed", "[failed_decryptions]") {
    // Also where the clock's lower half wraps around meanwhile.
    const TimePoint start{GENERATE(std::chrono::milliseconds{3'600'000}, std::chrono::milliseconds{0xFFFF'FF00})};
    FailedDecryptions failed;
    CHECK(failed.pause(1, start) == zero);
    failed.note(start);
    CHECK(failed.pause(1, start) == 60s);
    failed.note(start + 10s);
    CHECK(failed.pause(3, start + 10s) == zero);
    failed.note(start + 20s);
    CHECK(failed.pause(3, start + 20s) == 40s);
    CHECK(failed.pause(2, start + 20s) == 50s);  // who allows less waits for longer
    CHECK(failed.pause(4, start + 20s) == zero);
    CHECK(failed.pause(3, start + 59s) == 1s);
    CHECK(failed.pause(3, start + 60s) == zero);
    failed.note(start + 60s);
    CHECK(failed.pause(3, start + 60s) == 10s);
    CHECK(failed.pause(3, start + 1h) == zero);
}

TEST_CASE("the bound holds for any rate of failures, and for more of them than there are entries",
          "[failed_decryptions]") {
    const unsigned most = GENERATE(1U, 6U, 12U, 13U, 40U);
    std::mt19937_64 random{most};
    FailedDecryptions failed;
    std::deque<TimePoint> last_minute;
    TimePoint now{1h};
    int noted = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += std::chrono::milliseconds{random() % 2000};
        while (!last_minute.empty() && now - last_minute.front() >= 60s) {
            last_minute.pop_front();
        }
        const auto pause = failed.pause(most, now);
        REQUIRE(pause <= 60s);
        if (pause == zero) {
            REQUIRE(last_minute.size() < most);
            failed.note(now);
            last_minute.push_back(now);
            ++noted;
        } else if (most <= 12) {
            REQUIRE(last_minute.size() >= most);
        }
    }
    CHECK(noted > 300);  // five hours and a half
}

TEST_CASE("whatever the entries say, nobody waits for longer than a minute and a second", "[failed_decryptions]") {
    std::mt19937_64 random{5};
    const TimePoint now{100h};
    for (int i = 0; i < 20'000; ++i) {
        FailedDecryptions::Entries entries{};
        for (auto& entry : entries) {
            // Around now, or anywhere.
            const auto near =
                static_cast<std::uint32_t>(std::chrono::milliseconds{100h}.count() + random() % 140'000) - 70'000U;
            entry = {.at = random() % 2 == 0 ? near : static_cast<std::uint32_t>(random()),
                     .failures = static_cast<std::uint32_t>(random() >> (random() % 64))};
        }
        FailedDecryptions failed{entries};
        const auto most = static_cast<unsigned>(random() % 8 + 1);
        REQUIRE(failed.pause(most, now) <= 61s);
        REQUIRE(failed.pause(most, now) >= zero);
        failed.note(now);
        REQUIRE(failed.pause(1, now) >= 59s);
        REQUIRE(failed.pause(most, now + 62s) == zero);
    }
}

TEST_CASE("a failure of a time that has not come is none, but for one that was noted just after the look",
          "[failed_decryptions]") {
    const TimePoint now{1h};
    FailedDecryptions failed;
    failed.note(now + 1s);
    CHECK(failed.pause(1, now) == 61s);
    CHECK(failed.pause(1, now - 1ms) == zero);
}
