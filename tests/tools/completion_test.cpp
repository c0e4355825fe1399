// SPDX-License-Identifier: Apache-2.0
// The completion of trustx in bash.
#include "support/catch.hpp"
#include "trustx_program.hpp"

#include <set>
#include <sstream>

namespace {

// completed gives what bash offers for the last of the words.
std::set<std::string> completed(const std::string& words) {
    const auto script = "source " + (trustx::test::source_directory() / "conf" / "trustx.bash-completion").string() +
                        "\nCOMP_WORDS=(" + trustx::test::program("trustx").string() + " " + words +
                        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_trustx\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const auto outcome = trustx::test::run("bash", {"-c", script});
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    std::istringstream lines{outcome.out};
    std::set<std::string> offered;
    for (std::string line; std::getline(lines, line);) {
        offered.insert(line);
    }
    return offered;
}

}  // namespace

TEST_CASE("bash completes subcommands, options and objects as the program knows them", "[completion]") {
    CHECK(completed("met") == std::set<std::string>{"metadata"});
    CHECK(completed("metadata s") == std::set<std::string>{"set", "show"});
    CHECK(completed("--quiet metadata p") == std::set<std::string>{"plan"});
    CHECK(completed("sign --ha") == std::set<std::string>{"--hashed"});
    CHECK(completed("sign device-key-") ==
          std::set<std::string>{"device-key-1", "device-key-2", "device-key-3", "device-key-4"});
    CHECK(completed("object read F1E") == std::set<std::string>{"F1E0", "F1E1"});
}
