// SPDX-License-Identifier: Apache-2.0
#include "bus/gpiod.hpp"

#include "support/catch.hpp"

using namespace trustx;

TEST_CASE("libgpiod is loaded when a line is used, with all functions that a line needs", "[gpiod]") {
    const auto gpiod = Gpiod::load();
    INFO((gpiod ? std::string{} : gpiod.error().description()));
    REQUIRE(gpiod);
    CHECK((*gpiod)->chip_open("/nonexistent/gpiochip") == nullptr);
}

TEST_CASE("a machine without libgpiod is told so by whoever needs a line", "[gpiod]") {
    const auto absent = Gpiod::load("libtrustx-absent.so.0");
    REQUIRE_FALSE(absent);
    CHECK(absent.error() == Errc::line_unavailable);
    CHECK_THAT(absent.error().description(), ContainsSubstring("libtrustx-absent.so.0"));

    // Another library under that name lacks its functions.
    const auto foreign = Gpiod::load("libc.so.6");
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error() == Errc::line_unavailable);
    CHECK_THAT(foreign.error().description(), ContainsSubstring("gpiod_chip_open"));
}
