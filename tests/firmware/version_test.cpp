// SPDX-License-Identifier: Apache-2.0
// trustx firmware version: a version that only rises, and what the chip keeps of it whatever the host does.
#include "chip_fixture.hpp"
#include "common/text/as_bytes.hpp"
#include "firmware/lowest_version.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

constexpr int refused = 1;
constexpr int usage = 2;
constexpr int mismatch = 5;
constexpr int nothing_there = 6;
constexpr int too_old = 29;

nlohmann::json lowest(const Chip& chip, const Arguments& more = {}) {
    Arguments arguments{"firmware", "version", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return nlohmann::json::parse(chip.must(arguments));
}

void raise(const Chip& chip, const std::string& version) {
    chip.must({"firmware", "version", "--raise", version});
}

void close(const Chip& chip, const std::string& version) {
    chip.must({"firmware", "version", "--raise", version, "--close", "--force"});
}

firmware::Content content_of(std::string_view text) {
    return firmware::parse_record(text::as_bytes(text)).content;
}

}  // namespace

TEST_CASE("the lowest version rises and is never lowered", "[firmware]") {
    const Chip chip;
    chip.must_fail(nothing_there, {"firmware", "version"}, {"no lowest version"});
    chip.must_fail(nothing_there, {"firmware", "version", "--check", "1000"}, {"no lowest version"});
    raise(chip, "3");
    CHECK_THAT(chip.must({"firmware", "version"}), ContainsSubstring("3\nnot permanent"));
    raise(chip, "7");
    raise(chip, "7");
    CHECK(lowest(chip).at("lowestVersion") == 7);
    chip.must_fail(too_old, {"firmware", "version", "--raise", "6"}, {"nothing lowers it to 6"});
    chip.must_fail(too_old, {"firmware", "version", "--check", "6"}, {"too old", "7"});
    chip.must({"firmware", "version", "--check", "7"});
    chip.must({"firmware", "version", "--check", "8"});
    CHECK(lowest(chip).at("permanentVersion").is_null());
    chip.must_fail(usage, {"firmware", "version", "--raise", "9007199254740992"}, {"--raise goes up to"});
    chip.must_fail(usage, {"firmware", "version", "--close"}, {"belong to --raise"});
}

TEST_CASE("what was closed the chip keeps, whatever is written afterwards", "[firmware]") {
    const Chip chip;
    chip.must_fail(refused, {"firmware", "version", "--raise", "3", "--close"}, {"--force"});
    CHECK(lowest(chip).at("lowestVersion").is_null());
    close(chip, "3");
    auto now = lowest(chip);
    CHECK(now.at("permanentVersion") == 3);
    CHECK(now.at("openObjects") == 3);
    CHECK_THAT(chip.must({"firmware", "version"}), ContainsSubstring("3\npermanent: "));

    // Everything that this program lets root do to an object.
    chip.write("lower", "trustx-firmware-version=1\n");
    for (const Arguments& attempt : {Arguments{"object", "write", "F1DC", chip.path("lower")},
                                     {"object", "write", "F1DC", chip.path("lower"), "--offset", "0"},
                                     {"metadata", "set", "F1DC", "--change", "always", "--force"},
                                     {"metadata", "set", "F1DC", "--read", "never", "--force"}}) {
        const auto outcome = chip.trustx(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == refused);
    }
    // Objects that are open can be emptied, and then what was closed counts.
    raise(chip, "5");
    CHECK(lowest(chip).at("lowestVersion") == 5);
    CHECK(lowest(chip).at("permanentVersion") == 3);
    CHECK_THAT(chip.must({"firmware", "version"}), ContainsSubstring("permanent only up to 3"));
    for (const auto* object : {"F1DD", "F1DE", "F1DF"}) {
        chip.must({"object", "write", object, chip.path("lower")});
    }
    CHECK(lowest(chip).at("lowestVersion") == 3);
    chip.must_fail(too_old, {"firmware", "version", "--check", "2"}, {"holds 3"});
}

TEST_CASE("a condition that can still be changed is not taken for permanent", "[firmware]") {
    const Chip chip;
    raise(chip, "3");
    chip.must({"metadata", "set", "F1DC", "--change", "never", "--force"});
    CHECK(lowest(chip).at("permanentVersion").is_null());
}

TEST_CASE("each permanent version takes an object, and then there is none", "[firmware]") {
    const Chip chip;
    raise(chip, "1");
    close(chip, "1");
    close(chip, "1");
    CHECK(lowest(chip).at("openObjects") == 3);
    close(chip, "2");
    close(chip, "4");
    close(chip, "8");
    const auto now = lowest(chip);
    CHECK(now.at("permanentVersion") == 8);
    CHECK(now.at("openObjects") == 0);
    chip.must_fail(refused, {"firmware", "version", "--raise", "9"}, {"none of the objects", "--objects"});
    const std::string more = "F1DC,F1DD,F1DE,F1DF,F1DB";
    chip.must({"firmware", "version", "--raise", "9", "--objects", more});
    CHECK(lowest(chip, {"--objects", more}).at("lowestVersion") == 9);
}

TEST_CASE("a version survives a power cut while the next one is written", "[firmware]") {
    const Chip chip;
    raise(chip, "3");
    const auto moment = GENERATE(as<std::string>{}, "before", "during", "after");
    CAPTURE(moment);
    REQUIRE(chip.simulator.control({"fault", "power-cut," + moment + "=SetDataObject"}) == "1\n");
    static_cast<void>(chip.trustx({"firmware", "version", "--raise", "7"}));
    const auto now = lowest(chip).at("lowestVersion").get<int>();
    CHECK((now == 3 || now == 7));
    raise(chip, "7");
    CHECK(lowest(chip).at("lowestVersion") == 7);
}

TEST_CASE("the beginning of a record counts as nothing, and is written over", "[firmware]") {
    const Chip chip;
    raise(chip, "3");
    chip.write("torn", "trustx-firmware-version=9");
    chip.must({"object", "write", "F1DD", chip.path("torn")});
    CHECK(lowest(chip).at("lowestVersion") == 3);
    raise(chip, "4");
    CHECK(lowest(chip).at("objects").at(1).at("version") == 4);
}

TEST_CASE("objects that hold something else are neither read over nor overwritten", "[firmware]") {
    const Chip chip;
    chip.write("data", "data of the operator's");
    chip.must({"object", "write", "F1DE", chip.path("data")});
    chip.must_fail(mismatch, {"firmware", "version"}, {"F1DE", "--objects"});
    chip.must_fail(mismatch, {"firmware", "version", "--raise", "1"}, {"F1DE", "--objects"});
    chip.must_fail(mismatch, {"firmware", "version", "--check", "1"}, {"F1DE"});
    CHECK(chip.must({"object", "read", "F1DE"}) == "data of the operator's");
    chip.must({"firmware", "version", "--raise", "1", "--objects", "F1D0,data-2"});
    for (const auto* list : {"E0F1", "F1D0,F1D0", "", "F1D0;F1D1"}) {
        const auto outcome = chip.trustx({"firmware", "version", "--objects", list});
        INFO(list << ": " << outcome.both());
        CHECK(outcome.status == usage);
    }
}

TEST_CASE("what to do about a missing version names its objects, and an unfinished line", "[firmware]") {
    const Chip chip;
    chip.must_fail(nothing_there, {"firmware", "version", "--objects", "F1D4"}, {"--raise N --objects F1D4`"});
    chip.write("line", "trustx-firmware-version=7");
    chip.must({"object", "write", "F1DC", chip.path("line")});
    chip.must_fail(nothing_there, {"firmware", "version"}, {"F1DC", "without the newline", "--raise N`"});
}

TEST_CASE("a recipe never lowers the lowest version of firmware", "[firmware]") {
    const Chip chip;
    const auto apply = [&chip](const std::string& text) {
        chip.write("recipe.toml", "name = \"fleet\"\n[object.F1DC]\ntext = \"" + text + "\"\n");
        return chip.trustx({"provision", "--apply", chip.path("recipe.toml"), "--state-dir", chip.path("state")});
    };
    const auto cut = apply("trustx-firmware-version=7");
    CHECK(cut.status == 4);
    CHECK_THAT(cut.err, ContainsSubstring("ends in a newline"));
    const auto first = apply(R"(trustx-firmware-version=7\n)");
    INFO(first.both());
    REQUIRE(first.ok());
    for (const auto* version : {"8", "9", "10", "11", "12"}) {
        chip.must({"firmware", "version", "--raise", version});
    }
    CHECK(chip.must({"object", "read", "F1DC"}) != "trustx-firmware-version=7\n");
    CHECK(apply(R"(trustx-firmware-version=7\n)").ok());
    CHECK_THAT(chip.must({"firmware", "version"}), ContainsSubstring("12\n"));
    CHECK(apply(R"(trustx-firmware-version=13\n)").ok());
    CHECK_THAT(chip.must({"firmware", "version"}), ContainsSubstring("13\n"));
}

TEST_CASE("a version is a whole number and nothing else", "[firmware]") {
    const Chip chip;
    raise(chip, "7");
    for (const std::string wrong : {"", "-1", "99999999999999999999999999", "0x9", "9.0", "9 ", "+9"}) {
        CAPTURE(wrong);
        CHECK(chip.trustx({"firmware", "version", "--check", wrong}).status == usage);
        CHECK(chip.trustx({"firmware", "version", "--raise", wrong}).status == usage);
    }
    CHECK(chip.trustx({"firmware", "version", "--check", "9007199254740992"}).status == usage);
    CHECK(chip.trustx({"firmware", "version", "--check", "007"}).status == 0);
    CHECK(chip.trustx({"firmware", "version", "--check", "010"}).status == 0);
    CHECK(chip.trustx({"firmware", "version", "--check", "006"}).status == too_old);
    raise(chip, "010");
    CHECK(lowest(chip).at("lowestVersion") == 10);
}

TEST_CASE("records are read as they were written", "[firmware]") {
    for (const std::uint64_t version : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{9007199254740991}}) {
        const auto record = firmware::parse_record(text::as_bytes(firmware::record_text(version)));
        CHECK(record.content == firmware::Content::version);
        CHECK(record.version == version);
    }
    using firmware::Content;
    CHECK(content_of("") == Content::nothing);
    CHECK(content_of(std::string_view{"\0\0\0", 3}) == Content::nothing);
    CHECK(content_of(std::string_view{"trustx-firmware-version=7\n\0\0", 28}) == Content::version);
    CHECK(content_of("trustx-firm") == Content::unfinished);
    CHECK(content_of("trustx-firmware-version=") == Content::unfinished);
    for (const auto* text : {"x", "trustx-firmware-version=7\nx", "trustx-firmware-version=07\n",
                             "trustx-firmware-version=\n", "trustx-firmware-version=-1\n",
                             "trustx-firmware-version=9007199254740992\n", "trustx-firmware-version= 7\n"}) {
        CAPTURE(text);
        CHECK(content_of(text) == Content::foreign);
    }
}
