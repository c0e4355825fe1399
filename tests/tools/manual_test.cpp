// SPDX-License-Identifier: Apache-2.0
// trustx(1) and --help agree.
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "trustx_program.hpp"

#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using trustx::test::run_trustx;
using Options = std::set<std::string>;

namespace {

std::filesystem::path manual() {
    return trustx::test::source_directory() / "docs" / "man" / "trustx.1";
}

// documented_options reads the manual: the options of each .Ss, and under "" those of the section OPTIONS.
std::map<std::string, Options> documented_options() {
    static const std::regex item{R"(Fl -([a-z0-9-]+))"};
    std::map<std::string, Options> documented;
    std::istringstream lines{trustx::test::read_file(manual())};
    std::string place = "none";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(".Sh ")) {
            place = line == ".Sh OPTIONS" ? "" : "none";
        }
        if (line.starts_with(".Ss ")) {
            place = line.substr(4);
        }
        std::smatch match;
        if (place != "none" && line.starts_with(".It ") && std::regex_search(line, match, item)) {
            documented[place].insert(match[1]);
        } else if (place != "none") {
            documented[place];
        }
    }
    return documented;
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream{text};
    return {std::istream_iterator<std::string>{stream}, {}};
}

std::string help_of(const std::string& command) {
    auto arguments = words(command);
    arguments.emplace_back("--help");
    const auto outcome = run_trustx(arguments);
    REQUIRE(outcome.ok());
    return outcome.out;
}

// offered_options reads --help: the lines of its list of options.
Options offered_options(const std::string& help) {
    static const std::regex option{R"(^\s+(?:-\w,\s*)?--([a-z0-9-]+))"};
    Options offered;
    std::istringstream lines{help};
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, option)) {
            offered.insert(match[1]);
        }
    }
    return offered;
}

// offered_subcommands walks the help texts: "keygen", "cert read", ...
std::set<std::string> offered_subcommands(const std::string& command = {}) {
    std::istringstream lines{help_of(command)};
    std::set<std::string> offered;
    bool listing = false;
    for (std::string line; std::getline(lines, line);) {
        listing = line == "Subcommands:" || (listing && line.starts_with("  "));
        if (!listing || line == "Subcommands:") {
            continue;
        }
        const auto name = command + (command.empty() ? "" : " ") + words(line).front();
        const auto below = offered_subcommands(name);
        if (below.empty()) {
            offered.insert(name);
        }
        offered.insert(below.begin(), below.end());
    }
    return offered;
}

}  // namespace

TEST_CASE("the manual describes exactly the subcommands that --help offers", "[manual]") {
    std::set<std::string> described;
    for (const auto& [place, options] : documented_options()) {
        if (!place.empty()) {
            described.insert(place);
        }
    }
    CHECK(described.size() >= 9);
    CHECK(described == offered_subcommands());
}

TEST_CASE("the manual describes exactly the options that --help offers", "[manual]") {
    for (const auto& [place, options] : documented_options()) {
        CAPTURE(place);
        auto offered = offered_options(help_of(place));
        CHECK_FALSE(offered.empty());
        if (!place.empty()) {
            offered.erase("help");  // described once, for all
        }
        CHECK(options == offered);
    }
}

TEST_CASE("the manual and --help list the same exit codes", "[manual]") {
    const auto page = trustx::test::read_file(manual());
    const auto status =
        page.substr(page.find(".Sh EXIT STATUS"), page.find(".Sh EXAMPLES") - page.find(".Sh EXIT STATUS"));
    const auto help = help_of("");
    const auto numbers = [](const std::string& text, const std::regex& form) {
        std::set<std::string> found;
        for (auto match = std::sregex_iterator{text.begin(), text.end(), form}; match != std::sregex_iterator{};
             ++match) {
            found.insert((*match)[1]);
        }
        return found;
    };
    const auto described = numbers(status, std::regex{R"(\.It (\d+)\n)"});
    CHECK(described.size() == 8);
    CHECK(described == numbers(help.substr(help.find("Exit codes:")), std::regex{R"(\n  (\d+) )"}));
}

TEST_CASE("the manual passes the linter", "[manual]") {
    const auto outcome = trustx::test::run("mandoc", {"-T", "lint", "-W", "warning", manual().string()});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out.empty());
}
