// SPDX-License-Identifier: Apache-2.0
// What serves bundles over HTTPS (https_server.py), and the sample handler that fetches them.
#pragma once

#include "gateway.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace trustx::test {

class HttpsServer {
 public:
    // It serves the files of that directory, with a certificate of the authority for localhost.
    HttpsServer(CertificateAuthority& authority, const std::string& directory);

    // url is that of a file as a server of this habit has it: file, redirect, cut, norange, endless, mute, drip.
    [[nodiscard]] std::string url(const std::string& habit, const std::string& name) const;
    // requests are the lines that the server has printed since they were asked for last.
    [[nodiscard]] std::vector<std::string> requests();

 private:
    Process process_;
    std::string port_;
    std::size_t seen_ = 1;
};

// document_for is the job for a file: its size and SHA-256, or others where they are given.
nlohmann::json document_for(const std::string& url, const std::filesystem::path& file);

}  // namespace trustx::test
