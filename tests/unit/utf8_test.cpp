// SPDX-License-Identifier: Apache-2.0
#include "codec/utf8.hpp"

#include "support/catch.hpp"

using trustx::is_printable_utf8;
using namespace std::string_view_literals;

TEST_CASE("UTF-8 text of every length of character is accepted", "[utf8]") {
    CHECK(is_printable_utf8(""));
    CHECK(is_printable_utf8("gateway 7, hall B"));
    CHECK(
        is_printable_utf8("Pr\xC3\xBC"
                          "fstand \xE2\x82\xAC \xF0\x9F\x94\x91"));
}

TEST_CASE("malformed UTF-8 is refused", "[utf8]") {
    CHECK_FALSE(is_printable_utf8("\x80"));                  // continuation byte alone
    CHECK_FALSE(is_printable_utf8("\xC3"));                  // cut short
    CHECK_FALSE(is_printable_utf8("\xE2\x82"));              // cut short
    CHECK_FALSE(is_printable_utf8("\xE2\x28\xA1"));          // no continuation byte
    CHECK_FALSE(is_printable_utf8("\xC0\xAF"));              // overlong
    CHECK_FALSE(is_printable_utf8("\xE0\x9F\xBF"));          // overlong
    CHECK_FALSE(is_printable_utf8("\xF0\x80\x82\xAC"));      // overlong
    CHECK_FALSE(is_printable_utf8("\xED\xA0\x80"));          // surrogate
    CHECK_FALSE(is_printable_utf8("\xF4\x90\x80\x80"));      // beyond U+10FFFF
    CHECK_FALSE(is_printable_utf8("\xF8\x88\x80\x80\x80"));  // five bytes
}

TEST_CASE("control characters are not text for people", "[utf8]") {
    CHECK_FALSE(is_printable_utf8("a\nb"));
    CHECK_FALSE(is_printable_utf8("a\0b"sv));
    CHECK_FALSE(is_printable_utf8("\x1B[31m"));
    CHECK_FALSE(is_printable_utf8("\x7F"));
    CHECK_FALSE(is_printable_utf8("\xC2\x9B"));
}
