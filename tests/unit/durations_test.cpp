// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using namespace std::chrono_literals;
using test::from_hex;

namespace {

Bytes sign(const std::string& key) {
    return from_hex("31 11 00 13 01 00 0B 68 65 6C 6C 6F 77 6F 72 6C 64 0A 03 00 02" + key);
}

}  // namespace

TEST_CASE("commands begin with what the documents say of them", "[waiting]") {
    Durations durations;
    CHECK(durations.of(sign("E0F1")).first_look() == 32'500us);
    CHECK(durations.of(from_hex("38 03 00 09 01 00 02 E0 F1 02 00 01 13")).first_look() == 27'500us);
    CHECK(durations.of(from_hex("01 00 00 02 E0 C2")).first_look() == 0ms);
    Bytes write = from_hex("02 00 01 04 F1 E0 00 00");
    write.resize(264);
    CHECK(durations.of(write).first_look() > 20ms);
}

TEST_CASE("each kind of command has its own experience", "[waiting]") {
    Durations durations;
    durations.of(sign("E0F1")).early(145ms);
    CHECK(durations.of(sign("E0F1")).first_look() == 145ms);
    CHECK(durations.of(sign("E0F2")).first_look() == 32'500us);  // perhaps of another curve

    durations.of(from_hex("01 00 00 06 F1 E0 00 00 06 11")).early(30ms);
    CHECK(durations.of(from_hex("01 00 00 06 F1 E0 00 00 06 11")).first_look() == 30ms);
    CHECK(durations.of(from_hex("01 00 00 06 F1 E0 00 00 00 01")).first_look() == 0ms);
    CHECK(durations.of(from_hex("01 00 00 06 F1 E1 00 00 06 11")).first_look() == 0ms);
    CHECK(durations.of(from_hex("01 01 00 02 F1 E0")).first_look() == 0ms);
}

TEST_CASE("experience is bounded in number", "[waiting]") {
    Durations durations;
    Bytes read = from_hex("01 00 00 02 00 00");
    for (int i = 0; i < 1000; ++i) {
        read[4] = static_cast<std::uint8_t>(i >> 8);
        read[5] = static_cast<std::uint8_t>(i);
        durations.of(read).early(3ms);
        CHECK(durations.of(read).first_look() == 3ms);
    }
    read[4] = read[5] = 0;
    CHECK(durations.of(read).first_look() == 0ms);  // forgotten
}
