// SPDX-License-Identifier: Apache-2.0
// A CA with a software key, run by the openssl tool, as the world outside the gateway has it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace trustx::test {

class CertificateAuthority {
 public:
    // The files land in directory, with names that begin with name. Throws std::runtime_error when openssl fails.
    CertificateAuthority(std::filesystem::path directory, std::string name);

    [[nodiscard]] std::filesystem::path certificate() const { return file(".pem"); }

    // Server is a software key with a certificate for host names; both PEM.
    struct Server {
        std::filesystem::path certificate;
        std::filesystem::path key;
    };
    // alternative_names as in "DNS:localhost,IP:127.0.0.1". Dates are YYYYMMDDHHMMSSZ.
    Server issue_server(const std::string& name, const std::string& alternative_names,
                        const std::string& not_before = "20200101000000Z",
                        const std::string& not_after = "20991231235959Z");

    // issue_client signs a request and returns the certificate's file.
    std::filesystem::path issue_client(const std::filesystem::path& request,
                                       const std::string& not_before = "20200101000000Z",
                                       const std::string& not_after = "20991231235959Z");

    // issue signs a request with these lines as extensions and returns the certificate's file.
    std::filesystem::path issue(const std::filesystem::path& request, const std::string& extensions,
                                const std::string& not_before = "20200101000000Z",
                                const std::string& not_after = "20991231235959Z");

 private:
    [[nodiscard]] std::filesystem::path file(const std::string& suffix) const { return directory_ / (name_ + suffix); }
    void sign(const std::filesystem::path& request, const std::filesystem::path& certificate,
              const std::string& extensions, const std::string& not_before, const std::string& not_after);

    std::filesystem::path directory_;
    std::string name_;
};

// openssl runs the tool without the trustx provider; throws std::runtime_error with its output when it fails.
std::string openssl(const std::vector<std::string>& arguments);

}  // namespace trustx::test
