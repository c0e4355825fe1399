// SPDX-License-Identifier: Apache-2.0
// docs/firmware.md: the commands that prepare a gateway and sign a firmware, run as they are printed.
#include "chip_fixture.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace trustx::test;

namespace {

// marked_commands are the indented blocks behind each mark, without sudo: the test's chip is its own.
std::vector<std::string> marked_commands(const std::string& document) {
    const std::string mark = "<!-- run -->\n";
    std::vector<std::string> blocks;
    for (auto place = document.find(mark); place != std::string::npos; place = document.find(mark, place + 1)) {
        std::istringstream lines{document.substr(place + mark.size())};
        std::string block;
        for (std::string line; std::getline(lines, line) && line.starts_with("    ");) {
            const auto command = line.substr(4);
            block += (command.starts_with("sudo ") ? command.substr(5) : command) + "\n";
        }
        blocks.push_back(block);
    }
    return blocks;
}

}  // namespace

TEST_CASE("the commands of docs/firmware.md prepare a gateway and sign a firmware that it lets in", "[firmware]") {
    const Chip chip;
    // As much of Debian's as the page takes.
    chip.write("openssl.cnf",
               "openssl_conf = openssl_init\n[req]\ndistinguished_name = dn\nx509_extensions = v3_ca\n[dn]\n"
               "[v3_ca]\nbasicConstraints = critical,CA:true\n[openssl_init]\n");
    chip.write("rootfs.img", "rootfs");
    const auto blocks = marked_commands(read_file(source_directory() / "docs/firmware.md"));
    REQUIRE(blocks.size() == 7);
    std::string settings =
        "set -e\nPATH=" + program("trustx").parent_path().string() +
        ":$PATH\nexport OPENSSL_CONF=$PWD/openssl.cnf OPENSSL_MODULES=" + module_directory().string() + "\n";
    for (const auto& [name, value] : foreign_program_environment()) {
        settings += "export " + name + "=" + value + "\n";
    }
    std::string said;
    for (const auto& block : blocks) {
        const auto outcome = chip.shell(settings + block);
        INFO(block << outcome.both());
        REQUIRE(outcome.ok());
        said += outcome.out;
    }
    CHECK_THAT(said, ContainsSubstring("gateway 1.5.0 (version 8): 1 file verified"));
    CHECK_THAT(said,
               ContainsSubstring("8\npermanent: the chip lets nobody lower it; objects that can still be written: 3"));
    CHECK_THAT(read_file(chip.path("openssl.cnf")), ContainsSubstring("verify-anchors = E0EF="));
    // What was closed is closed, and the firmware of the page is let in still.
    CHECK(chip.trustx({"anchor", "write", "E0EF", chip.path("signer.pem"), "--force"}).status == 1);
    CHECK(chip.shell(settings + "trustx firmware verify manifest.json").ok());
}
