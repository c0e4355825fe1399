// SPDX-License-Identifier: Apache-2.0
// What the program says of an error.
#include "cli/advice.hpp"

#include "support/catch.hpp"

using namespace trustx;

TEST_CASE("a value that the chip was never asked about is not called outside its limits", "[advice]") {
    const Error error{Errc::argument_invalid, "a digest of 3 bytes"};
    CHECK(cli::what_is_wrong(error) == "a digest of 3 bytes");
    CHECK(cli::explain(error) == "a digest of 3 bytes");
}

TEST_CASE("an error is explained with what to do, and described without", "[advice]") {
    const Error error{Errc::wrong_chip, "sign"};
    CHECK_THAT(cli::explain(error), ContainsSubstring(cli::what_is_wrong(error) + "; "));
    CHECK_THAT(cli::explain(error), ContainsSubstring("trustx key-file"));
}
