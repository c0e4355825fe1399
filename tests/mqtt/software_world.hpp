// SPDX-License-Identifier: Apache-2.0
// A CA, a broker and clients whose keys are in files: for what trustx-mqtt does once it is connected, wherever its key
// is.
#pragma once

#include "broker.hpp"
#include "certificate_authority.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <utility>
#include <vector>

namespace trustx::test {

class SoftwareWorld {
 public:
    explicit SoftwareWorld(const std::string& further_configuration = {})
        : broker_{{.directory = directory_.path(),
                   .client_ca = ca_.certificate(),
                   .certificate = ca_.issue_server("broker", "DNS:localhost,IP:127.0.0.1"),
                   .tls = {},
                   .further_configuration = further_configuration}} {
        make_client("client");
    }

    // make_client makes NAME-key.pem and NAME-cert.pem.
    void make_client(const std::string& name) {
        openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
                 "/CN=" + name, "-keyout", file(name + "-key.pem"), "-out", file(name + ".csr")});
        std::filesystem::rename(ca_.issue_client(file(name + ".csr")), file(name + "-cert.pem"));
    }

    [[nodiscard]] std::string file(const std::string& name) const { return directory_ / name; }
    [[nodiscard]] Broker& broker() { return broker_; }

    // arguments are those of a connection as client id `id`, and what a test adds.
    [[nodiscard]] std::vector<std::string> arguments(const std::string& id,
                                                     const std::vector<std::string>& more) const {
        std::vector<std::string> all{"-h",
                                     "localhost",
                                     "-p",
                                     std::to_string(broker_.port()),
                                     "--ca",
                                     ca_.certificate(),
                                     "--key",
                                     file("client-key.pem"),
                                     "--cert",
                                     file("client-cert.pem"),
                                     "-i",
                                     id,
                                     "-W",
                                     "60",
                                     "--allow-software-key"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] Outcome run_client(const std::string& id, const std::vector<std::string>& more,
                                     ProcessOptions options = {}) const {
        options.without_environment.emplace_back("OPENSSL_CONF");
        return run(program("trustx-mqtt"), arguments(id, more), options);
    }
    [[nodiscard]] Process start_client(const std::string& id, const std::vector<std::string>& more,
                                       ProcessOptions options = {}) const {
        options.without_environment.emplace_back("OPENSSL_CONF");
        return {program("trustx-mqtt"), arguments(id, more), options};
    }

 private:
    TempDir directory_;
    CertificateAuthority ca_{directory_.path(), "authority"};
    Broker broker_;
};

}  // namespace trustx::test
