// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/bytes.hpp>

TEST_CASE("bytes are written in upper-case hexadecimal without separators", "[bytes]") {
    CHECK(trustx::to_hex(trustx::Bytes{0xE0, 0xF1, 0x00, 0x0A}) == "E0F1000A");
    CHECK(trustx::to_hex({}).empty());
}
