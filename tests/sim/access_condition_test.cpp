// SPDX-License-Identifier: Apache-2.0
// The expressions in metadata (chip-objects.md section 5).
#include "model/chip/access_condition.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using sim::LifeCycle;
using trustx::test::from_hex;

namespace {

bool holds(const char* expression, LifeCycle object, LifeCycle application = LifeCycle::creation,
           LifeCycle global = LifeCycle::operational) {
    return sim::access::holds(from_hex(expression), {global, application, object});
}

bool valid(const std::string& expression) {
    return sim::access::valid(from_hex(expression));
}

}  // namespace

TEST_CASE("sim: simple conditions are always and never", "[access]") {
    CHECK(holds("00", LifeCycle::termination));
    CHECK_FALSE(holds("FF", LifeCycle::creation));
}

TEST_CASE("sim: a condition compares a life cycle with a value", "[access]") {
    CHECK(holds("E1FC07", LifeCycle::initialisation));
    CHECK_FALSE(holds("E1FC07", LifeCycle::operational));
    CHECK(holds("E1FA07", LifeCycle::operational));
    CHECK(holds("E1FB03", LifeCycle::operational));
    CHECK_FALSE(holds("E1FB07", LifeCycle::operational));
    CHECK(holds("E0FA03", LifeCycle::creation, LifeCycle::initialisation));
    CHECK(holds("70FA07", LifeCycle::creation));
}

TEST_CASE("sim: the value of a condition need not be a life cycle state", "[access]") {
    // As in the recorded expression below, whose 04 is none.
    CHECK(valid("E1FC09"));
    CHECK(holds("E1FC09", LifeCycle::operational));
    CHECK_FALSE(holds("E1FC09", LifeCycle::termination));
}

TEST_CASE("sim: or separates tokens, and binds its conditions less than and", "[access]") {
    // The expression recorded from a chip: LcsO > 3 or LcsG < 4.
    CHECK_FALSE(holds("E1FB03FE70FC04", LifeCycle::creation));
    CHECK(holds("E1FB03FE70FC04", LifeCycle::operational));
    CHECK(holds("E1FB03FE70FC04", LifeCycle::creation, LifeCycle::creation, LifeCycle::initialisation));
    // false and true or true
    CHECK(holds("E1FA0FFDE1FA01FEE1FA01", LifeCycle::creation));
    // true or false and false
    CHECK(holds("E1FA01FEE1FA0FFDE1FA0F", LifeCycle::creation));
    // true and false or false
    CHECK_FALSE(holds("E1FA01FDE1FA0FFEE1FA0F", LifeCycle::creation));
}

TEST_CASE("sim: what is no expression is not valid", "[access]") {
    CHECK(valid("00"));
    CHECK(valid("FF"));
    CHECK(valid("E1FC07"));
    CHECK(valid("E1FB03FE70FC04"));
    for (const char* bad : {"", "01", "0000", "E1", "E1FC", "E1FC0700", "E1FC07FD", "FDE1FC07", "E1FC07FE00", "40FC07",
                            "E1FF07", "E1FC07FFE1FC07", "00FEE1FC07"}) {
        CAPTURE(bad);
        CHECK_FALSE(valid(bad));
    }
}

TEST_CASE("sim: at most seven conditions make a token and three tokens an expression", "[access]") {
    const std::string condition = "E1FC07";
    std::string seven = condition;
    for (int i = 1; i < 7; ++i) {
        seven += "FD" + condition;
    }
    CHECK(valid(seven));
    CHECK_FALSE(valid(seven + "FD" + condition));
    CHECK(valid(seven + "FE" + seven + "FE" + seven));
    CHECK_FALSE(valid(condition + "FE" + condition + "FE" + condition + "FE" + condition));
}
