// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

TEST_CASE("GetRandom asks for a number of bytes and gets exactly that", "[command]") {
    const GetRandom command{32};
    CHECK(test::encoded(command).value() == test::golden_command("random-32"));
    CHECK(test::decoded(command, test::golden_response("random-32")).value().size() == 32);
    CHECK(test::encoded(GetRandom{8, GetRandom::Source::drng}).value() == "0C0100020008");
}

TEST_CASE("GetRandom refuses an answer that is shorter or longer than asked for", "[command]") {
    for (const std::size_t size : {0U, 31U, 33U}) {
        CAPTURE(size);
        const auto response = test::decoded(GetRandom{32}, Bytes(size));
        REQUIRE_FALSE(response);
        CHECK(response.error() == Errc::response_malformed);
    }
}

TEST_CASE("GetRandom gives 8 to 256 bytes", "[command]") {
    CHECK(test::encoded(GetRandom{256}));
    for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{7}, std::uint16_t{257}}) {
        const auto result = test::encoded(GetRandom{length});
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
}
