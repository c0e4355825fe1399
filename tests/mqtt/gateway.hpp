// SPDX-License-Identifier: Apache-2.0
// A gateway as its user sets it up: a chip, a key pair in it, the key file, a certificate that a CA issued for it, and
// the three environment variables by which every program finds all that.
#pragma once

#include "certificate_authority.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace trustx::test {

class Gateway {
 public:
    // Makes the key pair in slot E0F1 and, with the CA, its certificate; the certificate is also in object E0E1.
    // Everything is done by the programs, none of it by test code. Throws std::runtime_error when one fails.
    explicit Gateway(CertificateAuthority& ca);

    [[nodiscard]] const std::filesystem::path& key() const { return key_; }
    [[nodiscard]] const std::filesystem::path& request() const { return request_; }
    [[nodiscard]] const std::filesystem::path& certificate() const { return certificate_; }
    [[nodiscard]] const TempDir& directory() const { return directory_; }
    Simulator& chip() { return chip_; }

    // environment is what a program of ours needs; foreign_environment what openssl, curl and mosquitto need.
    [[nodiscard]] std::map<std::string, std::string> environment() const;
    [[nodiscard]] std::map<std::string, std::string> foreign_environment() const;

    // Runs a program of ours, or a foreign one, in that environment.
    [[nodiscard]] Outcome run_ours(const std::string& name, const std::vector<std::string>& arguments,
                                   ProcessOptions options = {}) const;
    [[nodiscard]] Outcome run_foreign(const std::string& name, const std::vector<std::string>& arguments,
                                      ProcessOptions options = {}) const;

    // key_uses counts the uses of private keys since the gateway was set up, or since the last call.
    [[nodiscard]] int key_uses();

    // make_key makes another key pair with a request for a certificate; the files are NAME.pem and NAME.csr.
    struct Key {
        std::filesystem::path key;
        std::filesystem::path request;
    };
    Key make_key(const std::string& slot, const std::string& name);

 private:
    TempDir directory_;
    Simulator chip_;
    std::filesystem::path key_;
    std::filesystem::path request_;
    std::filesystem::path certificate_;
};

}  // namespace trustx::test
