// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

namespace {

template <class Command>
void check_refused(const Command& command) {
    const auto result = test::encoded(command);
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::argument_invalid);
}

}  // namespace

TEST_CASE("SetDataObject writes what Infineon's tool wrote to a real chip", "[command]") {
    const Bytes data = test::from_hex("31 32 33 34 0A");
    CHECK(test::encoded(SetDataObject{ObjectId{0xE0E1}, 0, data}).value() == test::golden_command("write-e0e1"));
    CHECK(test::encoded(SetDataObject{ObjectId{0xE0E1}, 10, data, SetDataObject::Mode::erase_and_write}).value() ==
          test::golden_command("erase-write-e0e1"));
    CHECK(test::decoded(SetDataObject{}, test::golden_response("write-e0e1")));
}

TEST_CASE("SetDataObject takes at most what fits one command", "[command]") {
    const Bytes data(1550);
    CHECK(test::encoded(SetDataObject{ObjectId{0xE0E1}, 0, ByteView{data}.first(1549)}).value().size() / 2 ==
          max_apdu_size);
    check_refused(SetDataObject{ObjectId{0xE0E1}, 0, data});
    check_refused(SetDataObject{ObjectId{0xE0E1}, 0, {}});
}

TEST_CASE("SetDataObject expects an empty answer", "[command]") {
    const auto response = test::decoded(SetDataObject{}, Bytes{0x00});
    REQUIRE_FALSE(response);
    CHECK(response.error() == Errc::response_malformed);
}

TEST_CASE("SetMetadata writes what Infineon's tool wrote to a real chip", "[command]") {
    Metadata never_change;
    never_change.change_access = Bytes{0xFF};
    never_change.read_access = Bytes{0x00};
    CHECK(test::encoded(SetMetadata{ObjectId{0xE0E1}, never_change}).value() == test::golden_command("setmeta-e0e1"));

    Metadata complex_change;
    complex_change.change_access = test::from_hex("E1 FB 03 FE 70 FC 04");
    CHECK(test::encoded(SetMetadata{ObjectId{0xE0E1}, complex_change}).value() ==
          test::golden_command("setmeta-e0e1-complex"));
}

TEST_CASE("SetMetadata refuses what the chip would refuse or misread", "[command]") {
    check_refused(SetMetadata{ObjectId{0xE0E1}, {}});

    Metadata size;
    size.used_size = 5;
    check_refused(SetMetadata{ObjectId{0xE0E1}, size});

    Metadata algorithm;
    algorithm.key_algorithm = Curve::p256;
    check_refused(SetMetadata{ObjectId{0xE0F1}, algorithm});

    Metadata empty_condition;
    empty_condition.change_access = Bytes{};
    check_refused(SetMetadata{ObjectId{0xE0E1}, empty_condition});

    Metadata long_condition;
    long_condition.change_access = Bytes(300, 0xFF);
    check_refused(SetMetadata{ObjectId{0xE0E1}, long_condition});

    Metadata long_altogether;
    long_altogether.change_access = Bytes(14, 0xFF);
    long_altogether.read_access = Bytes(14, 0xFF);
    check_refused(SetMetadata{ObjectId{0xE0E1}, long_altogether});
}

TEST_CASE("SetMetadata is never repeated silently", "[command]") {
    CHECK(SetMetadata::info.repeatable == Repeatable::no);
    CHECK(GenKeyPair::info.repeatable == Repeatable::no);
    CHECK(CalcSign::info.repeatable == Repeatable::no);
}
