// SPDX-License-Identifier: Apache-2.0
#include "command/open_application.hpp"

#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

TEST_CASE("OpenApplication is what a real chip was opened with", "[command]") {
    CHECK(test::encoded(OpenApplication{}).value() == test::golden_command("open"));
    CHECK(test::decoded(OpenApplication{}, test::golden_response("open")));
}

TEST_CASE("OpenApplication expects an empty answer", "[command]") {
    const auto response = test::decoded(OpenApplication{}, Bytes{0x00});
    REQUIRE_FALSE(response);
    CHECK(response.error() == Errc::response_malformed);
}
