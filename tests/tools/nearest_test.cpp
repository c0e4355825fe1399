// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest.hpp"

#include "support/catch.hpp"

using trustx::cli::did_you_mean;
using trustx::cli::nearest;
using Words = std::vector<std::string>;

TEST_CASE("a mistyped word leads to the words that were meant, the nearest first", "[nearest]") {
    const Words words{"info", "object", "objects", "sign", "random", "metadata", "--digest"};
    CHECK(nearest("inof", words) == Words{"info"});
    CHECK(nearest("objetc", words) == Words{"object", "objects"});
    CHECK(nearest("objcts", words) == Words{"objects", "object"});
    CHECK(nearest("metdata", words) == Words{"metadata"});
    CHECK(nearest("SIGN", words) == Words{"sign"});
    CHECK(nearest("--diges", words) == Words{"--digest"});
    CHECK(nearest("frobnicate", words).empty());
    CHECK(nearest(std::string(100'000, 'x'), words).empty());
    CHECK(nearest("e", {"a", "b", "c", "d"}).size() == 3);
}

TEST_CASE("what may have been meant is a question", "[nearest]") {
    CHECK(did_you_mean("inof", {"info"}) == "; did you mean `info`?");
    CHECK(did_you_mean("objec", {"object", "objects"}) == "; did you mean `object` or `objects`?");
    CHECK(did_you_mean("frobnicate", {"info"}).empty());
}
