// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/metadata_plan.hpp>

using namespace trustx;
using test::from_hex;

namespace {

constexpr ObjectId certificate{0xE0E1};
constexpr ObjectId key{0xE0F1};

Metadata metadata(const char* hex) {
    return Metadata::parse(from_hex(hex)).value();
}

void check_refused(ObjectId object, const Metadata& present, const MetadataChange& change, std::error_code code,
                   const char* words) {
    const auto plan = plan_metadata(object, present, change);
    REQUIRE_FALSE(plan);
    CHECK(plan.error() == code);
    CHECK_THAT(plan.error().message(), ContainsSubstring(object.hex()) && ContainsSubstring(words));
}

}  // namespace

TEST_CASE("a planned change is the command that a real chip accepted, and predicts what it then showed",
          "[metadata_plan]") {
    const Metadata present = Metadata::parse(test::golden_response("getmeta-e0e1")).value();
    const auto wanted = parse_access("LcsO > initialisation or LcsG < 0x04").value();
    const MetadataPlan plan = plan_metadata(certificate, present, {.change_access = wanted}).value();
    CHECK(plan.steps == std::vector<std::string>{"change: never -> LcsO > initialisation or LcsG < 0x04"});
    CHECK(plan.cautions.empty());
    CHECK(test::encoded(SetMetadata{plan.object, plan.tags}).value() == test::golden_command("setmeta-e0e1-complex"));
    CHECK(plan.after() == Metadata::parse(test::golden_response("getmeta-e0e1-complex")).value());
}

TEST_CASE("a plan holds the differences and nothing else", "[metadata_plan]") {
    const Metadata present = metadata("20 13 C0 01 01 C4 02 06 C0 C5 02 06 C0 D0 03 E1 FC 07 D1 01 00");
    const MetadataPlan same =
        plan_metadata(certificate, present, {.change_access = from_hex("E1 FC 07"), .read_access = from_hex("00")})
            .value();
    CHECK(same.empty());
    CHECK(same.tags == Metadata{});
    const MetadataPlan one =
        plan_metadata(certificate, present, {.change_access = from_hex("E1 FC 07"), .read_access = from_hex("FF")})
            .value();
    CHECK(one.steps == std::vector<std::string>{"read: always -> never"});
    CHECK_FALSE(one.tags.change_access);
    REQUIRE(one.cautions.size() == 1);
    CHECK_THAT(one.cautions.front(), ContainsSubstring("nobody can read the content"));
}

TEST_CASE("the usage of a key is changed, and of nothing else", "[metadata_plan]") {
    const Metadata present = metadata("20 0E C0 01 01 D0 03 E1 FC 07 E0 01 03 E1 01 11");
    const MetadataPlan plan = plan_metadata(key, present, {.key_usage = KeyUsage::sign}).value();
    CHECK(plan.steps == std::vector<std::string>{"usage: auth,sign -> sign"});
    CHECK(plan.cautions.size() == 1);
    CHECK(plan.after().key_usage == KeyUsage::sign);
    check_refused(key, metadata("20 08 C0 01 01 D0 03 E1 FC 07"), {.key_usage = KeyUsage::sign}, Errc::argument_invalid,
                  "belongs to a key");
}

TEST_CASE("an operational object's metadata is not changed", "[metadata_plan]") {
    for (const char* present :
         {"20 10 C0 01 07 C4 02 06 C0 C5 01 0F D0 01 FF D1 01 00", "20 09 C4 01 1B D0 01 FF D1 01 00"}) {
        check_refused(certificate, metadata(present), {.read_access = from_hex("FF")},
                      ChipError::access_conditions_not_satisfied, "operational");
        CHECK(plan_metadata(certificate, metadata(present), {.read_access = from_hex("00")}).value().empty());
    }
}

TEST_CASE("conditions that the chip cannot read or hold are refused", "[metadata_plan]") {
    const Metadata present = metadata("20 13 C0 01 01 C4 02 06 C0 C5 02 06 C0 D0 03 E1 FC 07 D1 01 00");
    for (const char* odd : {"", "00 00", "E1 FC", "20 FA 07"}) {
        check_refused(certificate, present, {.change_access = from_hex(odd)}, Errc::argument_invalid,
                      "unknown condition");
    }
    const auto fitting = parse_access("LcsO < operational or LcsG < operational").value();
    CHECK(plan_metadata(certificate, present, {.change_access = fitting}).value().after().encode().size() == 25);
    const auto longer = parse_access("LcsO < operational or LcsG < operational or LcsA < operational").value();
    check_refused(certificate, present, {.change_access = longer}, Errc::argument_invalid, "29 bytes");
}

TEST_CASE("an absent condition is one that never allows: asking for never changes nothing", "[metadata_plan]") {
    const Metadata present = metadata("20 07 C0 01 01 C4 02 06 C0");
    CHECK(plan_metadata(certificate, present, {.change_access = from_hex("FF"), .read_access = from_hex("FF")})
              .value()
              .empty());
    const auto plan = plan_metadata(certificate, present, {.read_access = from_hex("00")}).value();
    CHECK(plan.steps == std::vector<std::string>{"read: never -> always"});
}

TEST_CASE("what the chip would refuse is no plan", "[metadata_plan]") {
    const Metadata present = metadata("20 0E C0 01 01 D0 03 E1 FC 07 E0 01 03 E1 01 11");
    for (const char* condition : {"00", "FF", "E1 FC 07"}) {
        CAPTURE(condition);
        check_refused(key, present, {.execute_access = from_hex(condition)}, Errc::not_supported, "its use");
    }
    check_refused(key, present, {.read_access = from_hex("00")}, Errc::argument_invalid, "never tells a key");

    // A successor shows the condition for the use of a key, and other tags, which count as well.
    const Metadata successor = metadata("20 11 C0 01 01 D0 03 E1 FC 07 D3 01 00 E0 01 03 E1 01 11");
    const auto plan = plan_metadata(key, successor, {.execute_access = from_hex("FF")}).value();
    CHECK(plan.steps == std::vector<std::string>{"execute: always -> never"});
    CHECK(plan.cautions.size() == 1);
    const Metadata full = metadata("20 15 C0 01 01 C4 02 06 C0 C5 02 06 C0 D0 01 FF D1 01 00 F0 02 00 00");
    CHECK(full.other_tags == 4);
    check_refused(certificate, full, {.change_access = from_hex("E1 FC 07 FE 70 FC 04")}, Errc::argument_invalid,
                  "29 bytes");
}

TEST_CASE("a condition that these life cycle states do not grant is a caution", "[metadata_plan]") {
    const Metadata present = metadata("20 13 C0 01 01 C4 02 06 C0 C5 02 06 C0 D0 03 E1 FC 07 D1 01 00");
    const auto cautions = [&](const char* condition, LifeCycles states) {
        return plan_metadata(certificate, present, {.read_access = parse_access(condition).value()}, states)
            .value()
            .cautions;
    };
    CHECK(cautions("LcsG = operational", {}).empty());
    CHECK_THAT(cautions("LcsG < operational", {}).at(0), ContainsSubstring("nobody can read"));
    CHECK_THAT(cautions("LcsA > creation", {}).at(0), ContainsSubstring("until a life cycle state is raised"));
    CHECK(cautions("LcsA > creation", {.application = LifeCycleState::operational}).empty());
}
