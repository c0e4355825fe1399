// SPDX-License-Identifier: Apache-2.0
// The command lines of docs/aws.md that are marked there, run in their order by a shell: with trustx, openssl with the
// provider, Debian's awscli and mosquitto, a simulated chip and the double.
#include "awscli.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <array>
#include <filesystem>
#include <sstream>

using namespace trustx::test;

namespace {

// marked_lines are the indented lines behind each mark, up to the next that is neither indented nor empty.
std::string marked_lines(const std::string& document) {
    std::istringstream lines{document};
    std::string marked;
    bool wanted = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "<!-- tested -->") {
            wanted = true;
        } else if (line.starts_with("    ")) {
            marked += wanted ? line.substr(4) + "\n" : "";
        } else if (!line.empty()) {
            wanted = false;
        }
    }
    return marked;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

// The service's names have no port, and its roots are those of the system.
std::string for_the_double(const std::string& script, const Gateway& gateway, const AwsDouble& cloud) {
    const auto port = std::to_string(cloud.facts().at("mqtt").at("port").get<int>());
    auto text = script;
    for (const auto& [what, by] : {std::pair<std::string, std::string>{"sudo ", ""},
                                   {"/etc/trustx/openssl-trustx.cnf", gateway.environment().at("OPENSSL_CONF")},
                                   {"/etc/trustx/", gateway.identity("")},
                                   {"/etc/mosquitto/conf.d/", "./"},
                                   {"8883", port},
                                   {"trustx aws enroll", "trustx aws enroll --ca " + cloud.ca_file()}}) {
        text = replaced(std::move(text), what, by);
    }
    return text;
}

}  // namespace

TEST_CASE("the command lines of docs/aws.md do what it says", "[aws]") {
    auto* cloud = AwsDouble::shared();
    auto* awscli = cloud == nullptr ? nullptr : Awscli::shared(*cloud);
    if (awscli == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "gateway-1"};
    const TempDir files;
    const auto marked = marked_lines(read_file(source_directory() / "docs" / "aws.md"));
    CHECK(std::count(marked.begin(), marked.end(), '\n') > 50);
    write_file(files / "script", "set -euxo pipefail\n" + for_the_double(marked, gateway, *cloud));
    auto variables = gateway.environment();
    variables["PATH"] =
        awscli->directory().string() + ":" + program("trustx").parent_path().string() + ":/usr/bin:/bin";
    must_succeed(run("bash", {files / "script"}, {.environment = variables, .directory = files.path()},
                     patience(std::chrono::minutes(5))));
    CHECK(cloud->things().contains("gateway-1"));
    CHECK_FALSE(cloud->things().contains("gateway-2"));
}
