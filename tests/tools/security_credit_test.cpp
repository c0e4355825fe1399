// SPDX-License-Identifier: Apache-2.0
#include "chip/security_credit.hpp"

#include "support/catch.hpp"

using namespace trustx;
using namespace std::chrono_literals;
using cli::SecurityCredit;

namespace {

constexpr std::chrono::steady_clock::time_point start{1h};
constexpr SecurityEventCounter zero{0};
constexpr SecurityEventCounter two{2};

}  // namespace

TEST_CASE("at the first look the credit can be anything when the counter is zero", "[security_credit]") {
    SecurityCredit credit;
    credit.see(zero, start);
    CHECK(credit.at_most() == 5);
    CHECK(credit.if_idle() == 0);
}

TEST_CASE("there is no credit while the counter is above zero", "[security_credit]") {
    SecurityCredit credit;
    credit.see(zero, start);
    credit.see(two, start + 60s);
    CHECK(credit.at_most() == 0);
    CHECK(credit.if_idle() == 0);
}

TEST_CASE("idle time earns credit up to five, with the tolerance of the chip's clock", "[security_credit]") {
    SecurityCredit credit;
    credit.see(two, start);
    credit.see(zero, start + 1s);
    CHECK(credit.at_most() == 0);
    credit.see(zero, start + 5s);  // a fast chip counts 4.75 s
    CHECK(credit.at_most() == 1);
    CHECK(credit.if_idle() == 0);  // a slow one 5.25 s, from the first zero seen on
    credit.see(zero, start + 6s + 250ms);
    CHECK(credit.if_idle() == 1);
    credit.see(zero, start + 1h);
    CHECK(credit.at_most() == 5);
    CHECK(credit.if_idle() == 5);
}
