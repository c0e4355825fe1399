// SPDX-License-Identifier: Apache-2.0
#include "common/text/lower_case.hpp"
#include "common/text/time_text.hpp"
#include "support/catch.hpp"

using namespace trustx;

TEST_CASE("lower case is that of ASCII", "[text]") {
    CHECK(text::lower_case("P-256 Ä@[`{") == "p-256 Ä@[`{");
}

TEST_CASE("a time is written as RFC 3339 has it, in UTC", "[text]") {
    CHECK(text::time_text(std::time_t{1716702924}) == "2024-05-26T05:55:24Z");
    CHECK(text::time_text(std::time_t{0}) == "1970-01-01T00:00:00Z");
    std::tm last{};
    last.tm_year = 9999 - 1900;
    last.tm_mon = 11;
    last.tm_mday = 31;
    CHECK(text::time_text(last) == "9999-12-31T00:00:00Z");
    const std::chrono::system_clock::time_point epoch{};
    CHECK(text::precise_time_text(epoch + std::chrono::nanoseconds{1716702924000123999}) ==
          "2024-05-26T05:55:24.000123Z");
}
