// SPDX-License-Identifier: Apache-2.0
// trustx object and trustx random.
#include "chip_fixture.hpp"
#include "cli/output.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string counting(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        text += static_cast<char>(i * 7 + i / 256);
    }
    return text;
}

}  // namespace

TEST_CASE("an object's content comes back as it went in", "[object]") {
    const Chip chip;
    const auto content = counting(1500);
    chip.must({"object", "write", "F1E0", chip.write("in.bin", content)});
    CHECK(chip.must({"object", "read", "F1E0"}) == content);
    chip.must({"object", "read", "data-large-1", "--out", "out.bin"});
    CHECK(read_file(chip.path("out.bin")) == content);
}

TEST_CASE("writing an object replaces all of it, and with an offset only a part", "[object]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0"}, {.input = "a long content"});
    chip.must({"object", "write", "F1D0"}, {.input = "0123456789"});
    CHECK(chip.must({"object", "read", "F1D0"}) == "0123456789");
    chip.must({"object", "write", "F1D0", "--offset", "3"}, {.input = "abc"});
    CHECK(chip.must({"object", "read", "F1D0"}) == "012abc6789");
}

TEST_CASE("slices are read as far as the object goes", "[object]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0"}, {.input = "0123456789"});
    CHECK(chip.must({"object", "read", "F1D0", "--offset", "4"}) == "456789");
    CHECK(chip.must({"object", "read", "F1D0", "--offset", "4", "--length", "3"}) == "456");
    CHECK(chip.must({"object", "read", "F1D0", "--length", "2", "--hex"}) == "3031\n");
    CHECK(chip.must({"object", "read", "F1D0", "--offset", "8", "--length", "100"}) == "89");
    chip.must_fail(1, {"object", "read", "F1D0", "--offset", "10", "--length", "1"}, {"F1D0", "beyond the end"});
}

TEST_CASE("hexadecimal input is written as bytes, and an object of the system takes it", "[object]") {
    const Chip chip;
    chip.must({"object", "write", "E0C3", "--hex"}, {.input = "32\n"});
    CHECK(chip.must({"object", "read", "sleep-activation-delay", "--hex"}) == "32\n");
    CHECK_THAT(chip.must({"info"}), ContainsSubstring("50 ms"));
}

TEST_CASE("what the chip does not allow is refused with the reason", "[object]") {
    const Chip chip;
    chip.must_fail(1, {"object", "write", "E0C5", "--hex"}, {"E0C5", "access conditions not satisfied"},
                   {.input = "00"});
}

TEST_CASE("certificate objects and trust anchors are written by the commands that check, or by force", "[object]") {
    const Chip chip;
    for (const std::string object : {"E0E1", "E0E8"}) {
        CAPTURE(object);
        chip.must_fail(1, {"object", "write", object}, {object, "write " + object + " FILE", "--force"},
                       {.input = "no certificate"});
        chip.must_fail(1, {"object", "write", object, "--offset", "0"}, {"--force"}, {.input = "no certificate"});
        CHECK(chip.trustx({"cert", "read", object}).status == 6);
        chip.must({"object", "write", object, "--force"}, {.input = "no certificate"});
        CHECK(chip.must({"object", "read", object, "--raw"}) == "no certificate");
    }
}

TEST_CASE("content that does not fit is refused before anything is written", "[object]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0"}, {.input = "as before"});
    chip.must_fail(2, {"object", "write", "F1D0"}, {"F1D0", "101 bytes", "100"}, {.input = counting(101)});
    chip.must_fail(2, {"object", "write", "F1D0", "--offset", "99"}, {"F1D0", "2 bytes", "99", "100"}, {.input = "xy"});
    CHECK(chip.must({"object", "read", "F1D0"}) == "as before");
}

TEST_CASE("metadata is explained in words", "[object]") {
    const Chip chip;
    const auto slot = chip.must({"metadata", "show", "E0F1"});
    CAPTURE(slot);
    CHECK_THAT(slot, ContainsSubstring("E0F1 (device-key-2)") && ContainsSubstring("creation"));
    CHECK_THAT(slot, ContainsSubstring("LcsO < operational") && ContainsSubstring("never"));
    CHECK_THAT(slot, ContainsSubstring("no key"));
    CHECK_THAT(chip.must({"metadata", "show", "E0F0"}), ContainsSubstring("P-256, usage auth"));
    CHECK_THAT(chip.must({"metadata", "show", "uid"}),
               ContainsSubstring("27 of 27 bytes used") && ContainsSubstring("operational, permanently"));
}

TEST_CASE("metadata comes as JSON for programs", "[object]") {
    const Chip chip;
    const auto metadata = nlohmann::json::parse(chip.must({"metadata", "show", "E0E1", "--json"}));
    CHECK(metadata.at("object") == "E0E1");
    CHECK(metadata.at("max_size") == 1728);
    CHECK(metadata.at("change").at("expression") == "E1FC07");
    CHECK(metadata.at("curve").is_null());
}

TEST_CASE("random gives exactly as many bytes as wanted, below and above what the chip gives at once", "[random]") {
    const Chip chip;
    for (const std::size_t count : {1U, 7U, 8U, 240U, 241U, 1000U}) {
        CAPTURE(count);
        CHECK(chip.must({"random", std::to_string(count), "--raw"}).size() == count);
    }
    CHECK(chip.must({"random", "32"}) != chip.must({"random", "32"}));
}

TEST_CASE("random is encoded as it is asked for, across the pieces that the chip gives", "[random]") {
    const Chip chip;
    const auto hex = chip.must({"random", "500", "--hex"});
    CHECK(hex.size() == 1001);
    CHECK(hex.find_first_not_of("0123456789ABCDEF\n") == std::string::npos);
    const auto base64 = chip.must({"random", "500", "--base64"});
    CHECK(base64.size() == 668 + 1);
    CHECK(base64.find('=') == 667);
    chip.must({"random", "500", "--out", "random.bin"});
    CHECK(read_file(chip.path("random.bin")).size() == 500);
}

TEST_CASE("random that cannot be written leaves nothing behind", "[random]") {
    const Chip chip;
    const auto outcome = chip.shell("ulimit -f 1; exec \"$TRUSTX\" random 100000 --out random.bin");
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_FALSE(std::filesystem::exists(chip.files / "random.bin"));
}
