// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>
#include <trustx/uid.hpp>

using namespace trustx;

TEST_CASE("the UIDs of real chips are parsed", "[uid]") {
    const Uid a = Uid::from_bytes(test::golden_response("uid-a")).value();
    CHECK(a.firmware_build() == "1.2.1048");

    const Uid c = Uid::from_bytes(test::golden_response("uid-c")).value();
    CHECK(c.firmware_build() == "1.40.1118");
    CHECK_FALSE(a == c);
}

TEST_CASE("a build that no release is known for is shown as it is", "[uid]") {
    Bytes bytes = test::golden_response("uid-c");
    bytes[26] = 0x19;
    CHECK(Uid::from_bytes(bytes).value().firmware_build() == "1119");
}

TEST_CASE("a UID has 27 bytes", "[uid]") {
    for (const std::size_t size : {0U, 26U, 28U}) {
        const auto uid = Uid::from_bytes(Bytes(size));
        REQUIRE_FALSE(uid);
        CHECK(uid.error() == Errc::response_malformed);
    }
}
