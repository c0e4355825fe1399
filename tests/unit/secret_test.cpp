// SPDX-License-Identifier: Apache-2.0
// Memory for secrets.
#include "support/catch.hpp"

#include <trustx/secret.hpp>

#include <array>

TEST_CASE("wiping leaves zeros in memory", "[secret]") {
    std::array<std::uint8_t, 4> memory{1, 2, 3, 4};
    trustx::wipe(memory.data(), 3);
    CHECK(memory == std::array<std::uint8_t, 4>{0, 0, 0, 4});
}

TEST_CASE("a wiped buffer is empty, and an empty one may be wiped", "[secret]") {
    std::vector<std::uint8_t> buffer{1, 2, 3};
    trustx::wipe_and_clear(buffer);
    CHECK(buffer.empty());
    std::vector<std::uint8_t> nothing;  // without memory: under UBSan this once was an error
    trustx::wipe_and_clear(nothing);
    CHECK(nothing.empty());
}
