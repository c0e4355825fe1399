// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_reader.hpp"

#include "support/catch.hpp"

using trustx::ByteReader;
using trustx::Bytes;

TEST_CASE("a byte reader takes big-endian numbers and is done when all was read", "[byte_reader]") {
    const Bytes bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
    ByteReader reader{bytes};
    CHECK(reader.u8() == 0x01);
    CHECK(reader.u16() == 0x0203);
    CHECK_FALSE(reader.done());
    CHECK(reader.u24() == 0x040506);
    reader.expect(0x07);
    CHECK(reader.done());
}

TEST_CASE("a byte reader that ran short stays failed and returns nothing more", "[byte_reader]") {
    const Bytes bytes{0x01, 0x02, 0x03};
    ByteReader reader{bytes};
    CHECK(reader.bytes(4).empty());
    CHECK(reader.failed());
    CHECK(reader.u8() == 0);
    CHECK(reader.bytes(0).empty());
    CHECK_FALSE(reader.done());
}

TEST_CASE("a byte reader fails at an unexpected byte", "[byte_reader]") {
    const Bytes bytes{0x01};
    ByteReader reader{bytes};
    reader.expect(0x02);
    CHECK(reader.failed());
}
