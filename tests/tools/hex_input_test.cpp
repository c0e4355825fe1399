// SPDX-License-Identifier: Apache-2.0
// Hexadecimal input as people write it.
#include "common/files/hex_input.hpp"

#include "cli/output.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"

using namespace trustx;
using files::parse_hex;
using text::as_bytes;

TEST_CASE("hexadecimal input may have either case and white space", "[hex_input]") {
    CHECK(parse_hex(as_bytes("00 fF\n1a"), "input").value() == Bytes{0x00, 0xFF, 0x1A});
    CHECK(parse_hex(as_bytes(""), "input").value().empty());
}

TEST_CASE("input that is not hexadecimal is refused with its place", "[hex_input]") {
    const auto odd = parse_hex(as_bytes("123"), "notes.txt");
    REQUIRE_FALSE(odd);
    CHECK(odd.error() == InputErrc::malformed);
    CHECK_THAT(odd.error().message(), ContainsSubstring("notes.txt") && ContainsSubstring("odd"));

    const auto letter = parse_hex(as_bytes("12 g4"), "notes.txt");
    REQUIRE_FALSE(letter);
    CHECK_THAT(letter.error().message(), ContainsSubstring("byte 4"));
}

TEST_CASE("a hexadecimal dump shows offset, bytes and what can be read", "[output]") {
    const Bytes bytes{'T', 'r', 'u', 's', 't', 0x00, 0xFF, '~', 0x7F, 'X', 'a', 'b', 'c', 'd', 'e', 'f', '!'};
    CHECK(cli::hex_dump(bytes, 0x100) ==
          "0100  54 72 75 73 74 00 ff 7e  7f 58 61 62 63 64 65 66  |Trust..~.Xabcdef|\n"
          "0110  21                                                |!|\n");
}

TEST_CASE("base64 has the padding of RFC 4648", "[output]") {
    CHECK(cli::base64(as_bytes("")).empty());
    CHECK(cli::base64(as_bytes("f")) == "Zg==");
    CHECK(cli::base64(as_bytes("fo")) == "Zm8=");
    CHECK(cli::base64(as_bytes("foobar")) == "Zm9vYmFy");
}
