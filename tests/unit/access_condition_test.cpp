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

TEST_CASE("a condition in words becomes the bytes of a real chip, and words again", "[access_condition]") {
    const auto check = [](const char* words, const char* hex) {
        CAPTURE(words);
        CHECK(to_hex(parse_access(words).value()) == hex);
        CHECK(explain_access(parse_access(words).value()) == words);
    };
    check("always", "00");
    check("never", "FF");
    check("LcsO < operational", "E1FC07");
    check("LcsO > initialisation or LcsG < 0x04", "E1FB03FE70FC04");
    check("LcsG = operational and LcsA < termination or LcsO < initialisation", "70FA07FDE0FC0FFEE1FC03");
    CHECK(parse_access("  LcsO   <\toperational ").value() == parse_access("LcsO < operational").value());
}

TEST_CASE("words that are no condition are refused, and the word that does not fit is named", "[access_condition]") {
    const auto check = [](const std::string& words, const char* trouble) {
        CAPTURE(words);
        const auto access = parse_access(words);
        REQUIRE_FALSE(access);
        CHECK(access.error() == Errc::argument_invalid);
        CHECK_THAT(access.error().message(), ContainsSubstring(trouble) && ContainsSubstring("LcsO < operational"));
    };
    check("", "not complete");
    check("LcsO", "not complete");
    check("LcsO <", "not complete");
    check("LcsO < operational and", "not complete");
    check("sometimes", "`sometimes` does not fit");
    check("lcso < operational", "`lcso` does not fit");
    check("LcsO <= operational", "`<=` does not fit");
    check("LcsO < happy", "`happy` does not fit");
    check("LcsO < 0x107", "`0x107` does not fit");
    check("LcsO < operational xor LcsG = creation", "`xor` does not fit");
    check("always and LcsO < operational", "`always` does not fit");
    check("LcsO < operational or never", "`never` does not fit");
}

TEST_CASE("a condition may be as long as the chip evaluates and no longer", "[access_condition]") {
    const auto joined = [](const char* connective, int count) {
        std::string words = "LcsO < operational";
        for (int i = 1; i < count; ++i) {
            words += std::string{" "} + connective + " LcsO < operational";
        }
        return words;
    };
    CHECK(parse_access(joined("and", 7)));
    CHECK_FALSE(parse_access(joined("and", 8)));
    CHECK(parse_access(joined("or", 3)));
    CHECK_FALSE(parse_access(joined("or", 4)));
    CHECK(parse_access(joined("and", 7) + " or " + joined("and", 7) + " or " + joined("and", 7)));
}

TEST_CASE("life cycle states are read by their names", "[access_condition]") {
    for (const auto state : {LifeCycleState::creation, LifeCycleState::initialisation, LifeCycleState::operational,
                             LifeCycleState::termination}) {
        CHECK(parse_life_cycle_state(to_string(state)) == state);
    }
    for (const char* name : {"", "Operational", "7", "0x07"}) {
        CHECK_FALSE(parse_life_cycle_state(name));
    }
}

TEST_CASE("a state is one of four", "[access_condition]") {
    int states = 0;
    for (unsigned value = 0; value <= 0xFF; ++value) {
        states += is_life_cycle_state(static_cast<LifeCycleState>(value)) ? 1 : 0;
    }
    CHECK(states == 4);
    CHECK(is_life_cycle_state(LifeCycleState::termination));
}

TEST_CASE("an access is never allowed by the byte FF and by an absent condition alone", "[access_condition]") {
    CHECK(never_allows(std::nullopt));
    CHECK(never_allows(Bytes{0xFF}));
    for (const char* hex : {"", "00", "FF FF", "E1 FC 07", "E1"}) {
        CHECK_FALSE(never_allows(test::from_hex(hex)));
    }
}

TEST_CASE("a condition is one that the chip can evaluate", "[access_condition]") {
    for (const char* hex : {"00", "FF", "E1 FC 07", "E1 FB 03 FE 70 FC 04"}) {
        CHECK(is_access_condition(test::from_hex(hex)));
    }
    for (const char* hex : {"", "00 00", "E1 FC", "E1 FC 07 FE", "E1 FC 07 00 E1 FC 07", "20 FA 07",
                            "E1 FC 07 FE E1 FC 07 FE E1 FC 07 FE E1 FC 07"}) {
        CHECK_FALSE(is_access_condition(test::from_hex(hex)));
    }
}

TEST_CASE("a condition is evaluated, and a refusal is final when no state to come grants it", "[access_condition]") {
    using enum LifeCycleState;
    const LifeCycles young{.chip = operational, .application = creation, .object = creation};
    const LifeCycles old{.chip = operational, .application = operational, .object = operational};
    const auto verdict = [](const char* words, const LifeCycles& states) {
        return permission(parse_access(words).value(), states);
    };
    CHECK(verdict("always", old) == Permission::granted);
    CHECK(verdict("never", young) == Permission::never);
    CHECK(permission(std::nullopt, young) == Permission::never);
    CHECK(verdict("LcsO < operational", young) == Permission::granted);
    CHECK(verdict("LcsO < operational", old) == Permission::never);
    CHECK(verdict("LcsO > initialisation", young) == Permission::later);
    CHECK(verdict("LcsO = initialisation", young) == Permission::later);
    CHECK(verdict("LcsO = 0x04", young) == Permission::never);
    CHECK(verdict("LcsO > termination", young) == Permission::never);
    CHECK(verdict("LcsO < operational and LcsG < operational", young) == Permission::never);
    CHECK(verdict("LcsO < operational and LcsG < operational or LcsA = creation", young) == Permission::granted);
    CHECK(verdict("LcsO = operational and LcsA = creation", young) == Permission::later);
    CHECK(permission(test::from_hex("20 FA 07"), young) == Permission::unknown);
}
