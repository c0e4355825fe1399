// SPDX-License-Identifier: Apache-2.0
#include "awscli.hpp"

#include "gateway.hpp"
#include "support/build_tree.hpp"

#include <cstdio>
#include <memory>
#include <sstream>

namespace trustx::test {
namespace {

constexpr const char* debian_python = "/usr/bin/python3";  // has awscli; another one in PATH may not

std::string server_program() {
    return (source_directory() / "tests/aws/foreign/awscli_server.py").string();
}

Process start_server(const std::filesystem::path& socket, const AwsDouble& cloud) {
    return {debian_python, {"-B", server_program(), "--serve", socket.string()}, {.environment = cloud.environment()}};
}

std::string quoted(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) {
        line.append(line.empty() ? "'" : " '").append(word).append("'");
    }
    return line;
}

}  // namespace

Awscli* Awscli::shared(const AwsDouble& cloud) {
    static std::unique_ptr<Awscli> running;
    if (!running && std::filesystem::exists("/usr/bin/aws")) {
        running.reset(new Awscli{cloud});
    }
    if (!running) {
        std::printf("SKIPPED: Debian's awscli is not installed\n");
    }
    return running.get();
}

Awscli::Awscli(const AwsDouble& cloud) : server_{start_server(files_ / "socket", cloud)} {
    std::ostringstream program;
    const auto ask = quoted({debian_python, "-S", "-E", server_program(), files_ / "socket"});
    program << "#!/bin/bash\nset -o pipefail\ncase $1 in\niot) " << ask << " --endpoint-url "
            << cloud.facts().at("control").at("url").get<std::string>()
            << " \"$@\" | sed 's/^localhost:.*/localhost/' ;;\n*) exec " << ask << " \"$@\" ;;\nesac\n";
    write_file(files_ / "aws", program.str());
    std::filesystem::permissions(files_ / "aws", std::filesystem::perms::owner_all);
    server_.wait_for_line("ready", patience(std::chrono::minutes(1)));
}

void Awscli::iot(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"iot"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    must_succeed(run(files_ / "aws", all));
}

}  // namespace trustx::test
