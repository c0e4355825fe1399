// SPDX-License-Identifier: Apache-2.0
// The completion of trustx in bash.
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "trustx_program.hpp"

#include <cstdlib>
#include <set>
#include <sstream>

namespace {

// completed gives what bash offers for the last of the words, the first of which is the program as it was typed.
std::set<std::string> completed(const std::string& words, const std::string& program = "trustx",
                                trustx::test::ProcessOptions options = {}) {
    const auto script = "source " + (trustx::test::source_directory() / "conf" / "trustx.bash-completion").string() +
                        "\nCOMP_WORDS=(" + program + " " + words +
                        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_trustx\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const auto built = trustx::test::program("trustx").parent_path().string();
    options.environment.emplace("PATH", built + ":" + std::getenv("PATH"));
    const auto outcome = trustx::test::run("bash", {"-c", script}, options);
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

TEST_CASE("bash runs no program but the one that PATH finds to complete a word", "[completion]") {
    const trustx::test::TempDir directory;
    const auto foreign = directory / "trustx";
    trustx::test::write_file(foreign, "#!/bin/sh\ntouch was-run\n");
    std::filesystem::permissions(foreign, std::filesystem::perms::owner_all);
    for (const auto& typed : {std::string{"./trustx"}, foreign.string()}) {
        CAPTURE(typed);
        CHECK(completed("met", typed, {.directory = directory.path()}) == std::set<std::string>{"metadata"});
        CHECK_FALSE(std::filesystem::exists(directory / "was-run"));
    }
    // Without a program there is nothing to offer, and nothing is run in its place.
    CHECK(completed("met", "./trustx", {.environment = {{"PATH", "/usr/bin:/bin"}}, .directory = directory.path()}) ==
          std::set<std::string>{""});
    CHECK_FALSE(std::filesystem::exists(directory / "was-run"));
}
