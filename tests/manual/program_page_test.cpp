// SPDX-License-Identifier: Apache-2.0
// The manual page of each program and its --help agree.
#include "page.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

#include <iterator>
#include <sstream>

using namespace trustx::test;

namespace {

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream{text};
    return {std::istream_iterator<std::string>{stream}, {}};
}

std::string help_of(const std::string& name, const std::string& command = {}) {
    auto arguments = words(command);
    arguments.emplace_back("--help");
    const auto outcome = run(program(name), arguments);
    CAPTURE(name, command);
    REQUIRE(outcome.ok());
    return outcome.out;
}

// offered_options reads the lines of a list of options.
Words offered_options(const std::string& help) {
    return all_of(help, R"(\n\s+(?:-\w,\s*)?--([a-z0-9-]+))");
}

// offered_subcommands walks the help texts: "keygen", "cert read", ...
Words offered_subcommands(const std::string& name, const std::string& command = {}) {
    std::istringstream lines{help_of(name, command)};
    Words offered;
    bool listing = false;
    for (std::string line; std::getline(lines, line);) {
        listing = line == "Subcommands:" || (listing && line.starts_with("  "));
        if (!listing || line == "Subcommands:") {
            continue;
        }
        const auto full = command + (command.empty() ? "" : " ") + words(line).front();
        const auto below = offered_subcommands(name, full);
        // One that does something without a subcommand, too.
        if (below.empty() || help_of(name, full).find(" [SUBCOMMAND]\n") != std::string::npos) {
            offered.insert(full);
        }
        offered.insert(below.begin(), below.end());
    }
    return offered;
}

// The first part of the manual is about commands. Each page of it belongs to a program of this tree.
std::vector<Page> pages_of_programs() {
    auto pages = Page::all();
    std::erase_if(pages, [](const Page& page) { return page.section() != "1"; });
    return pages;
}

// expected_subcommands are those that a page has to describe; a group with a page elsewhere is one of them.
Words expected_subcommands(const Page& page) {
    auto offered = offered_subcommands(page.program(), page.command());
    for (const auto& other : pages_of_programs()) {
        const auto group = other.command() + " ";
        if (page.command().empty() && other.program() == page.program() && group != " ") {
            std::erase_if(offered, [&](const std::string& name) { return name.starts_with(group); });
            offered.insert(other.command());
        }
    }
    if (page.command().empty()) {
        return offered;
    }
    Words below;
    for (const auto& name : offered) {
        below.insert(name.substr(page.command().size() + 1));
    }
    return below;
}

}  // namespace

TEST_CASE("each program that is built and installed has a manual page", "[manual]") {
    Words described;
    for (const auto& page : pages_of_programs()) {
        described.insert(page.name());
        CHECK(std::filesystem::exists(program(page.program())));
    }
    CHECK(described.contains("trustx"));
    CHECK(described.contains("trustx-aws"));
    CHECK(described.contains("trustx-mqtt"));
    CHECK(described.contains("trustx-sim"));
}

TEST_CASE("a manual page describes exactly the subcommands that --help offers", "[manual]") {
    for (const auto& page : pages_of_programs()) {
        Words described;
        for (const auto& [place, options] : page.options()) {
            if (!place.empty()) {
                described.insert(place);
            }
        }
        CAPTURE(page.name());
        CHECK(described == expected_subcommands(page));
    }
}

TEST_CASE("a manual page describes exactly the options that --help offers", "[manual]") {
    for (const auto& page : pages_of_programs()) {
        for (const auto& [place, options] : page.options()) {
            CAPTURE(page.name(), place);
            auto offered = offered_options(help_of(page.program(), page.command() + " " + place));
            CHECK_FALSE(offered.empty());
            if (!place.empty()) {
                offered.erase("help");  // described once, for all
            }
            CHECK(options == offered);
        }
    }
}

TEST_CASE("the synopsis of a manual page shows each option", "[manual]") {
    for (const auto& page : pages_of_programs()) {
        const auto synopsis = page.part("SYNOPSIS");
        const auto described = page.options();
        // Where there are many subcommands, what all of them take is `options` there.
        const bool in_full = synopsis.find(".Op Ar options") == std::string::npos;
        for (const auto& [place, options] : described) {
            for (const auto& option : place.empty() && !in_full ? Words{} : options) {
                const bool usual = option == "help" || option == "version" || option == "verbose";
                CAPTURE(page.name(), place, option);
                CHECK((usual || synopsis.find(" -" + option) != std::string::npos));
            }
        }
    }
}

TEST_CASE("a manual page and --help list the same exit codes", "[manual]") {
    for (const auto& page : pages_of_programs()) {
        const auto help = help_of(page.program());
        const auto list = help.find("Exit codes:");
        CAPTURE(page.name());
        REQUIRE(list != std::string::npos);
        const auto described = all_of(page.part("EXIT STATUS"), R"(\.It (\d+)\n)");
        CHECK(described.size() >= 3);
        CHECK(described == all_of(help.substr(list), R"([:;\n]\s+(\d+) )"));
    }
}
