// SPDX-License-Identifier: Apache-2.0
// Answers on a terminal: bytes are shown as text or refused, never sent as they are.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// on_terminal runs a command of the program with standard output and standard error on a new terminal; the last line is
// its exit status.
std::string on_terminal(const Chip& chip, const std::string& command) {
    chip.write("run", "#!/bin/sh\n\"$TRUSTX\" " + command + "\necho \"status $?\"\n");
    const auto outcome = chip.shell("script -q -c 'sh ./run' /dev/null </dev/null");
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    return outcome.out;
}

bool is_text(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char letter) { return letter == '\n' || letter == '\r' || (letter >= ' ' && letter < 127); });
}

}  // namespace

TEST_CASE("bytes are refused on a terminal before the chip does anything for them", "[terminal]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.simulator.reset_stats();
    for (const auto* command :
         {"random 16 --raw", "sign E0F1 run --raw", "pubkey E0F1 --der", "object read F1D0 --raw",
          "cert read E0E0 --der", "random 16 --raw --out /dev/stdout", "pubkey E0F1 --der --out /dev/tty",
          "ecdh E0F1 run --raw", "derive --secret F1D0 --seed 0011223344556677 --raw"}) {
        CAPTURE(command);
        const auto screen = on_terminal(chip, command);
        CAPTURE(screen);
        CHECK(is_text(screen));
        CHECK_THAT(screen, ContainsSubstring("not for a terminal") && ContainsSubstring("status 2"));
    }
    CHECK(chip.simulator.stats().at("commands") == nlohmann::json::object());
}

TEST_CASE("on a terminal bytes are shown as text by themselves", "[terminal]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0", "--hex"}, {.input = "00FF1B"});
    for (const auto* command : {"random 300", "random 16 --out /dev/stdout", "object read F1D0",
                                "object read F1D0 --out /dev/tty", "derive --secret F1D0 --seed 0011223344556677"}) {
        CAPTURE(command);
        const auto screen = on_terminal(chip, command);
        CAPTURE(screen);
        CHECK(is_text(screen));
        CHECK_THAT(screen, ContainsSubstring("status 0"));
    }
}
