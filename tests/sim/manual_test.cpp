// SPDX-License-Identifier: Apache-2.0
// trustx-sim(1), docs/simulator.md and the simulator agree on commands and faults. tests/manual compares the options.
#include "model/command/command.hpp"
#include "model/faults/fault_rule.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <iterator>
#include <regex>
#include <set>

using namespace trustx;
using namespace trustx::test;

namespace {

std::filesystem::path manual() {
    return source_directory() / "docs" / "man" / "trustx-sim.1";
}

// all_of collects the first group of each match.
std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
    const std::regex form{pattern};
    std::set<std::string> found;
    for (auto match = std::sregex_iterator{text.begin(), text.end(), form}; match != std::sregex_iterator{}; ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

// section is a part of the manual, from its heading to the next.
std::string section(const std::string& name) {
    const std::string page = read_file(manual());
    const auto begin = page.find("\n.Sh " + name + "\n");
    REQUIRE(begin != std::string::npos);
    return page.substr(begin, page.find("\n.Sh ", begin + 1) - begin);
}

std::string help(const std::vector<std::string>& command) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const auto outcome = run(program("trustx-sim"), arguments);
    REQUIRE(outcome.status == 0);
    return outcome.out;
}

}  // namespace

TEST_CASE("trustx-sim(1) and the guide describe exactly the control commands", "[manual]") {
    const auto offered = all_of(help({"ctl"}), R"(\n  ([a-z-]+)[^\n:]*: )");
    CHECK(offered.size() > 10);
    CHECK(all_of(section("CONTROL COMMANDS"), R"(\n\.It Cm ([a-z-]+))") == offered);
    const auto guide = read_file(source_directory() / "docs" / "simulator.md");
    for (const auto& command : offered) {
        CHECK_THAT(guide, ContainsSubstring("`" + command));
    }
}

TEST_CASE("trustx-sim(1) and the guide describe every kind of fault, and each of their rules is one", "[manual]") {
    const auto guide = read_file(source_directory() / "docs" / "simulator.md");
    const auto rules = section("FAULT RULES");
    for (auto kind = sim::FaultKind::address_nak; kind <= sim::FaultKind::hang;
         kind = static_cast<sim::FaultKind>(static_cast<int>(kind) + 1)) {
        CHECK_THAT(rules, ContainsSubstring(name_of(kind)));
        CHECK_THAT(guide, ContainsSubstring("`" + name_of(kind)));
    }
    const auto examples = all_of(guide + read_file(manual()), R"([ `]([a-z-]+(?:=[a-z0-9.]+)?,[a-z]+=[A-Za-z0-9,=]+))");
    CHECK(examples.size() > 6);
    for (const auto& example : examples) {
        const auto parsed = sim::parse_fault_rule(example);
        INFO((parsed ? example : parsed.error()));
        CHECK(parsed.has_value());
    }
}
