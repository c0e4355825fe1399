// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <trustx/metadata.hpp>

using namespace trustx;

namespace {

std::string explained(const char* hex) {
    return explain_access(test::from_hex(hex));
}

}  // namespace

TEST_CASE("access conditions of real chips are put into words", "[access_condition]") {
    CHECK(explained("00") == "always");
    CHECK(explained("FF") == "never");
    CHECK(explained("E1 FC 07") == "LcsO < operational");
    CHECK(explained("E1 FB 03 FE 70 FC 04") == "LcsO > initialisation or LcsG < 0x04");
}

TEST_CASE("an absent access condition means never", "[access_condition]") {
    CHECK(explain_access(std::nullopt) == "never");
}

TEST_CASE("conditions are joined by and and or in the order of the chip", "[access_condition]") {
    CHECK(explained("70 FA 07 FD E0 FC 0F FE E1 FC 03") ==
          "LcsG = operational and LcsA < termination or LcsO < initialisation");
}

TEST_CASE("conditions that cannot be read are shown in hexadecimal", "[access_condition]") {
    CHECK(explained("") == "unknown condition ");
    CHECK(explained("E1") == "unknown condition E1");
    CHECK(explained("E1 FC") == "unknown condition E1FC");
    CHECK(explained("E1 FC 07 FD") == "unknown condition E1FC07FD");
    CHECK(explained("E1 FC 07 00 E1 FC 07") == "unknown condition E1FC0700E1FC07");
    CHECK(explained("20 FA 07") == "unknown condition 20FA07");
    CHECK(explained("E1 00 07") == "unknown condition E10007");
    CHECK(explained("00 00") == "unknown condition 0000");
}

TEST_CASE("life cycle states have names and unknown ones a number", "[access_condition]") {
    CHECK(to_string(LifeCycleState::creation) == "creation");
    CHECK(to_string(LifeCycleState::initialisation) == "initialisation");
    CHECK(to_string(LifeCycleState::operational) == "operational");
    CHECK(to_string(LifeCycleState::termination) == "termination");
    CHECK(to_string(static_cast<LifeCycleState>(0x04)) == "0x04");
}
