// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using test::from_hex;

namespace {

bool reads_unsigned_integer(const std::string& hex, const std::string& magnitude) {
    const Bytes bytes = from_hex(hex);
    der::Reader reader{bytes};
    const ByteView value = reader.unsigned_integer();
    return reader.done() && to_hex(value) == magnitude;
}

bool reads_octets(const Bytes& bytes, std::size_t size) {
    der::Reader reader{bytes};
    const ByteView value = reader.content(der::tag_octet_string);
    return reader.done() && value.size() == size;
}

bool refuses_octets(Bytes header, std::size_t size) {
    header.resize(header.size() + size);
    der::Reader reader{header};
    reader.content(der::tag_octet_string);
    return reader.failed();
}

}  // namespace

TEST_CASE("DER integers are read without their sign byte", "[der]") {
    CHECK(reads_unsigned_integer("02 01 00", ""));
    CHECK(reads_unsigned_integer("02 01 7F", "7F"));
    CHECK(reads_unsigned_integer("02 02 00 80", "80"));
}

TEST_CASE("DER integers that are empty, negative or not in their shortest form are refused", "[der]") {
    for (const char* hex : {"02 00", "02 01 80", "02 01 FF", "02 02 00 7F", "02 02 00 00", "02 02 FF 80", "03 01 01"}) {
        CAPTURE(hex);
        const Bytes bytes = from_hex(hex);
        der::Reader reader{bytes};
        CHECK(reader.unsigned_integer().empty());
        CHECK(reader.failed());
    }
}

TEST_CASE("DER integers are written in their shortest form with a sign byte where needed", "[der]") {
    const auto written = [](const Bytes& magnitude) {
        Bytes out;
        der::append_unsigned_integer(out, magnitude);
        return to_hex(out);
    };
    CHECK(written({}) == "020100");
    CHECK(written({0x00}) == "020100");
    CHECK(written({0x7F}) == "02017F");
    CHECK(written({0x80}) == "02020080");
    CHECK(written({0x00, 0x00, 0x12}) == "020112");
}

TEST_CASE("DER lengths at the limits of their forms survive writing and reading", "[der]") {
    for (const std::size_t size : {0U, 1U, 0x7FU, 0x80U, 0xFFU, 0x100U, 0xFFFFU, 0x10000U}) {
        CAPTURE(size);
        Bytes out;
        der::append(out, der::tag_octet_string, Bytes(size, 0x5A));
        CHECK(reads_octets(out, size));
    }
}

TEST_CASE("DER lengths are written in the forms of X.690", "[der]") {
    Bytes out;
    der::append(out, der::tag_octet_string, Bytes(0x1BB, 0));
    CHECK(to_hex(ByteView{out}.first(4)) == "048201BB");
}

TEST_CASE("DER lengths that are indefinite, too wide or not the shortest are refused", "[der]") {
    CHECK(refuses_octets({0x04, 0x80}, 0));
    CHECK(refuses_octets({0x04, 0x81, 0x7F}, 0x7F));
    CHECK(refuses_octets({0x04, 0x82, 0x00, 0xFF}, 0xFF));
    CHECK(refuses_octets({0x04, 0x83, 0x00, 0xFF, 0xFF}, 0xFFFF));
    CHECK(refuses_octets({0x04, 0x84, 0x00, 0x00, 0x00, 0x01}, 1));
    CHECK(refuses_octets({0x04, 0xFF}, 0x7F));
    CHECK(refuses_octets({0x04, 0x05}, 4));
}

TEST_CASE("a DER bit string with unused bits or without its first byte is refused", "[der]") {
    for (const char* hex : {"03 02 01 80", "03 00"}) {
        CAPTURE(hex);
        const Bytes bytes = from_hex(hex);
        der::Reader reader{bytes};
        CHECK(reader.whole_bytes().empty());
        CHECK(reader.failed());
    }
}

TEST_CASE("a DER element is given with its header", "[der]") {
    const Bytes bytes = from_hex("30 03 02 01 05 04 00");
    der::Reader reader{bytes};
    CHECK(to_hex(reader.element(der::tag_sequence)) == "3003020105");
    CHECK(reader.next_tag() == der::tag_octet_string);
    CHECK(to_hex(reader.element(der::tag_octet_string)) == "0400");
    CHECK(reader.done());
    CHECK(reader.next_tag() == 0);
}
