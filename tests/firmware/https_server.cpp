// SPDX-License-Identifier: Apache-2.0
#include "https_server.hpp"

#include "support/build_tree.hpp"

#include <sstream>

namespace trustx::test {
namespace {

Process start(CertificateAuthority& authority, const std::string& directory) {
    const auto server = authority.issue_server("localhost", "DNS:localhost,IP:127.0.0.1");
    return {
        "python3",
        {(source_directory() / "tests/firmware/https_server.py").string(), server.certificate, server.key, directory}};
}

}  // namespace

HttpsServer::HttpsServer(CertificateAuthority& authority, const std::string& directory)
    : process_{start(authority, directory)}, port_{process_.wait_for_line("port ").substr(5)} {}

std::string HttpsServer::url(const std::string& habit, const std::string& name) const {
    return "https://localhost:" + port_ + "/" + habit + "/" + name;
}

std::vector<std::string> HttpsServer::requests() {
    std::istringstream all{process_.out()};
    std::vector<std::string> lines;
    for (std::string line; std::getline(all, line);) {
        lines.push_back(line);
    }
    std::vector<std::string> fresh(lines.begin() + static_cast<std::ptrdiff_t>(seen_), lines.end());
    seen_ = lines.size();
    return fresh;
}

nlohmann::json document_for(const std::string& url, const std::filesystem::path& file) {
    return {{"operation", "install-firmware"},
            {"url", url},
            {"size", std::filesystem::file_size(file)},
            {"sha256", must_run("sha256sum", {file}).out.substr(0, 64)}};
}

}  // namespace trustx::test
