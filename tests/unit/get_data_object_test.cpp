// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

TEST_CASE("GetDataObject reads the UID of a real chip", "[command]") {
    const GetDataObject command{object::coprocessor_uid, 0, 27};
    CHECK(test::encoded(command).value() == test::golden_command("uid-a"));
    CHECK(to_hex(test::decoded(command, test::golden_response("uid-a")).value()) ==
          "CD16335601001C000500000A0784D700050080008E801010701048");
}

TEST_CASE("GetDataObject asks for a slice", "[command]") {
    const GetDataObject command{object::certificate_1, 0x0611, 0x00AF};
    CHECK(test::encoded(command).value() ==
          "01000006"
          "E0E0"
          "0611"
          "00AF");
}

TEST_CASE("GetDataObject accepts an answer that the chip clipped at the used size", "[command]") {
    const GetDataObject command{ObjectId{0xE0E1}};
    CHECK(test::encoded(command).value() == test::golden_command("read-e0e1-2"));
    CHECK(test::decoded(command, test::golden_response("read-e0e1-2")).value().size() == 15);
    CHECK(test::decoded(command, {}).value().empty());
}

TEST_CASE("GetDataObject refuses an answer longer than what was asked for", "[command]") {
    const auto response = test::decoded(GetDataObject{ObjectId{0xE0C0}, 0, 1}, Bytes{0x07, 0x07});
    REQUIRE_FALSE(response);
    CHECK(response.error() == Errc::response_malformed);
}

TEST_CASE("GetDataObject takes at most what fits one answer", "[command]") {
    CHECK(test::encoded(GetDataObject{ObjectId{0xE0E1}, 0, 1553}));
    for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{1554}}) {
        const auto result = test::encoded(GetDataObject{ObjectId{0xE0E1}, 0, length});
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
}

TEST_CASE("GetMetadata reads the metadata of a real chip's UID", "[command]") {
    CHECK(test::encoded(GetMetadata{object::coprocessor_uid}).value() == test::golden_command("meta-e0c2"));
    const Metadata metadata = test::decoded(GetMetadata{}, test::golden_response("meta-e0c2")).value();
    CHECK(metadata.max_size == 27);
    CHECK_FALSE(metadata.life_cycle.has_value());
    CHECK(explain_access(metadata.change_access) == "never");
    CHECK(explain_access(metadata.read_access) == "always");
}
