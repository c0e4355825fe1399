// SPDX-License-Identifier: Apache-2.0
// The command lines of docs/authentication.md, run in their order by a shell: with trustx, openssl and a simulated
// chip.
#include "chip_fixture.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

using namespace trustx::test;

namespace {

// The indented lines behind each mark, up to the next that is neither indented nor empty.
std::string marked_commands(const std::string& document) {
    std::istringstream lines{document};
    std::string marked;
    bool wanted = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "<!-- tested -->") {
            wanted = true;
        } else if (wanted && (line.empty() || line.starts_with("    "))) {
            marked += (line.empty() ? line : line.substr(4)) + "\n";
        } else {
            wanted = false;
        }
    }
    return marked;
}

}  // namespace

TEST_CASE("the command lines of docs/authentication.md do what it says", "[provision]") {
    if (skipped_under_sanitizers("openssl was built without, and would load a module that was built with them")) {
        return;
    }
    const Chip chip;
    const auto script = marked_commands(read_file(source_directory() / "docs" / "authentication.md"));
    CHECK(std::count(script.begin(), script.end(), '\n') > 40);
    chip.write("script", script);
    const auto tools = program("trustx").parent_path();
    const auto done = chip.shell("PATH='" + tools.string() + "':$PATH OPENSSL_CONF='" +
                                 (tools.parent_path() / "conf/openssl-trustx.cnf").string() +
                                 "'\nexport PATH OPENSSL_CONF\nset -eu\n. ./script");
    INFO(done.both());
    CHECK(done.status == 0);
    CHECK_THAT(done.out, ContainsSubstring("PERMANENT: ") && ContainsSubstring("The chip is authentic.\n") &&
                             ContainsSubstring("refused with exit code 24\n"));
    CHECK_THAT(done.err, ContainsSubstring("was revoked at"));
    CHECK(chip.private_key_uses() > 0);
}
