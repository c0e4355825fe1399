// SPDX-License-Identifier: Apache-2.0
// The test support itself, where a mistake would make other tests lie.
#include "support/process.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"

#include <csignal>
#include <string>

using namespace trustx::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a program gets its arguments, environment, input and directory and returns its outputs", "[support]") {
    const TempDir directory;
    const Outcome outcome = run("sh", {"-c", "echo \"$1 $ANSWER $HOME_GONE\"; pwd; cat >&2; exit 3", "sh", "argument"},
                                {.environment = {{"ANSWER", "42"}},
                                 .without_environment = {"HOME_GONE"},
                                 .input = "input",
                                 .directory = directory.path()});
    CHECK(outcome.status == 3);
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.out == "argument 42 \n" + directory.path().string() + "\n");
    CHECK(outcome.err == "input");
}

TEST_CASE("a program with megabytes of input and output does not block", "[support]") {
    const std::string input(3'000'000, 'x');
    const Outcome outcome = run("cat", {}, {.input = input});
    CHECK(outcome.ok());
    CHECK((outcome.out == input));
}

TEST_CASE("a program that ignores its input does not end the test", "[support]") {
    CHECK(run("true", {}, {.input = std::string(3'000'000, 'x')}).ok());
}

TEST_CASE("a program is killed at its deadline", "[support]") {
    const Outcome outcome = run("sleep", {"1000"}, {}, milliseconds(50));
    CHECK(outcome.timed_out);
    CHECK(outcome.status == 128 + SIGKILL);
}

TEST_CASE("a program that does not exist is a clear error", "[support]") {
    CHECK_THROWS_WITH(run("/nonexistent/program", {}), ContainsSubstring("cannot run /nonexistent/program"));
}

TEST_CASE("waiting for a line returns the line or tells how the program ended", "[support]") {
    Process talker("sh", {"-c", "echo one; echo line two; exec sleep 1000"});
    CHECK(talker.wait_for_line("two") == "line two");
    CHECK(talker.running());
    CHECK(talker.terminate().status == 128 + SIGTERM);
    CHECK_THROWS_WITH(talker.wait_for_line("three"), ContainsSubstring("ended without the line \"three\""));
}

TEST_CASE("a process that goes out of scope takes its children along", "[support]") {
    std::string child;
    {
        Process parent("sh", {"-c", "sleep 1000 & echo child $!; wait"});
        child = parent.wait_for_line("child ").substr(6);
    }
    // A signal takes effect in a moment, and the orphan stays a zombie until init reaps it.
    const auto alive = [&] {
        const std::string state = run("sh", {"-c", "cut -d' ' -f3 /proc/$1/stat 2>/dev/null || true", "sh", child}).out;
        return !state.empty() && state != "Z\n" && state != "X\n";
    };
    const auto end = std::chrono::steady_clock::now() + patience();
    while (alive() && std::chrono::steady_clock::now() < end) {
    }
    CHECK_FALSE(alive());
}

TEST_CASE("hexadecimal text is read with blanks and in either case", "[support]") {
    CHECK(from_hex("00 fF\n1a") == std::vector<std::uint8_t>{0x00, 0xFF, 0x1A});
    CHECK(to_hex(from_hex("E0f1")) == "E0F1");
    CHECK_THROWS_AS(from_hex("0"), std::invalid_argument);
    CHECK_THROWS_AS(from_hex("0g"), std::invalid_argument);
    CHECK(golden_apdu("get-e0c6").at("rsp") == "00 00 00 02 06 15");
}
