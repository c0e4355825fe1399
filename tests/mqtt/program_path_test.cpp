// SPDX-License-Identifier: Apache-2.0
// Programs and directories that a command line names are looked at before anything is connected.
#include "handler/program_path.hpp"

#include "common/files/input_error.hpp"
#include "parsed_words.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <iterator>
#include <sstream>

#include <sys/stat.h>

using namespace trustx;
using namespace trustx::test;

namespace {

const std::vector<std::string> connection_words{"-h", "h", "--ca", "a", "--key", "k", "--cert", "c"};

}  // namespace

TEST_CASE("a program is found by its path, or in PATH, if it can be run", "[mqtt][settings]") {
    const TempDir directory;
    const auto make = [&](const std::string& name, mode_t mode) {
        write_file(directory / name, "#!/bin/sh\n");
        REQUIRE(::chmod((directory / name).c_str(), mode) == 0);
        return (directory / name).string();
    };
    CHECK(mqtt::find_program(make("works", 0700)) == (directory / "works").string());
    CHECK(mqtt::find_program(make("text", 0600)).error() == InputErrc::refused);
    CHECK(mqtt::find_program(make("open", 0777)).error() == InputErrc::refused);
    CHECK(mqtt::find_program(directory.path().string() + "/").error() == InputErrc::refused);
    CHECK(mqtt::find_program((directory / "missing").string()).error() == InputErrc::nothing_there);
    CHECK(mqtt::find_program("no-program-has-this-name").error() == InputErrc::nothing_there);
    const auto shell = mqtt::find_program("sh");
    REQUIRE(shell);
    CHECK(std::filesystem::path{*shell}.is_absolute());
    CHECK(std::filesystem::path{*shell}.filename() == "sh");
}

TEST_CASE("a handler that is not there is a wrong command line", "[mqtt][settings]") {
    const TempDir directory;
    const auto missing = (directory / "missing").string();
    const auto watch = parse_words(joined(connection_words, {"shadow", "watch", "--exec", missing}));
    CHECK(watch.code() == 2);
    CHECK_THAT(watch.said, ContainsSubstring("--exec: " + missing));
    const auto jobs = parse_words(joined(connection_words, {"jobs", "run", "--handler", missing}));
    CHECK(jobs.code() == 2);
    CHECK_THAT(jobs.said, ContainsSubstring("--handler: " + missing));
    CHECK_THAT(jobs.said, !ContainsSubstring("i2c"));
    static_cast<void>(parse_words(joined(connection_words, {"shadow", "watch", "--exec", "sh"})).options());
    static_cast<void>(parse_words(joined(connection_words, {"jobs", "run", "--handler", directory.path()})).options());
}

TEST_CASE("the help of a command has an example of its own, and options are followed by what they do",
          "[mqtt][settings]") {
    const std::string command =
        GENERATE("shadow get", "shadow update", "shadow watch", "shadow delete", "jobs run", "defender");
    std::istringstream words{command};
    std::vector<std::string> line{std::istream_iterator<std::string>{words}, {}};
    const auto help = parse_words(joined(line, {"--help"}));
    CHECK(help.code() == 0);
    CHECK_THAT(help.printed, ContainsSubstring("\n  trustx-mqtt --enrolled " + command));
    CHECK_THAT(help.printed, !ContainsSubstring("greenhouse"));
    const auto all = parse_words({"--help"}).printed;
    CHECK_THAT(all, ContainsSubstring("--message TEXT"));
    CHECK_THAT(all, !ContainsSubstring("Needs:") && !ContainsSubstring("Excludes:"));
}
