// SPDX-License-Identifier: Apache-2.0
#include "common/text/printable.hpp"

#include "support/catch.hpp"

using trustx::text::is_printable;
using trustx::text::printable;
using namespace std::string_view_literals;

TEST_CASE("UTF-8 text of every length of character is accepted", "[text]") {
    CHECK(is_printable(""));
    CHECK(is_printable("gateway 7, hall B"));
    CHECK(
        is_printable("Pr\xC3\xBC"
                     "fstand \xE2\x82\xAC \xF0\x9F\x94\x91"));
}

TEST_CASE("malformed UTF-8 is refused", "[text]") {
    CHECK_FALSE(is_printable("\x80"));                  // continuation byte alone
    CHECK_FALSE(is_printable("\xC3"));                  // cut short
    CHECK_FALSE(is_printable("\xE2\x82"));              // cut short
    CHECK_FALSE(is_printable("\xE2\x28\xA1"));          // no continuation byte
    CHECK_FALSE(is_printable("\xC0\xAF"));              // overlong
    CHECK_FALSE(is_printable("\xE0\x9F\xBF"));          // overlong
    CHECK_FALSE(is_printable("\xF0\x80\x82\xAC"));      // overlong
    CHECK_FALSE(is_printable("\xED\xA0\x80"));          // surrogate
    CHECK_FALSE(is_printable("\xF4\x90\x80\x80"));      // beyond U+10FFFF
    CHECK_FALSE(is_printable("\xF8\x88\x80\x80\x80"));  // five bytes
}

TEST_CASE("control characters are not text for people", "[text]") {
    CHECK_FALSE(is_printable("a\nb"));
    CHECK_FALSE(is_printable("a\0b"sv));
    CHECK_FALSE(is_printable("\x1B[31m"));
    CHECK_FALSE(is_printable("\x7F"));
    CHECK_FALSE(is_printable("\xC2\x9B"));
}

TEST_CASE("characters that make text look different from what it is are not text for people", "[text]") {
    CHECK_FALSE(
        is_printable("key\xE2\x80\xAE"
                     "yek"));                   // right-to-left override
    CHECK_FALSE(is_printable("\xE2\x81\xA6"));  // left-to-right isolate
    CHECK_FALSE(is_printable("\xE2\x80\xA8"));  // line separator
    CHECK_FALSE(is_printable("\xD8\x9C"));      // Arabic letter mark
    CHECK(is_printable("\xD8\xA7\xD9\x84"));    // Arabic letters
}

TEST_CASE("what is not printable is shown as its bytes, and the rest as it is", "[text]") {
    CHECK(printable("") == "");
    CHECK(printable("Pr\xC3\xBC"
                    "fstand") ==
          "Pr\xC3\xBC"
          "fstand");
    CHECK(printable("a\x1B[2Jb\n") == "a\\x1B[2Jb\\x0A");
    CHECK(printable("a\0"sv) == "a\\x00");
    CHECK(printable("\xC2\x9B") == "\\xC2\\x9B");
    CHECK(printable("\xE2\x80\xAE!") == "\\xE2\\x80\\xAE!");
    CHECK(printable("\xFF\xC3") == "\\xFF\\xC3");
    CHECK(is_printable(printable("\xED\xA0\x80\xF4\x90\x80\x80")));
}
