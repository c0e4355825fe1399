// SPDX-License-Identifier: Apache-2.0
// The world of all scenarios: a CA, a broker that wants certificates by it, clients whose keys are in files, and, where
// a test is about that, a gateway whose key is in a chip.
#pragma once

#include "broker.hpp"
#include "certificate_authority.hpp"
#include "gateway.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <utility>
#include <vector>

namespace trustx::test {

class BrokerWorld {
 public:
    struct Settings {
        std::string names = "DNS:localhost,IP:127.0.0.1";  // of the broker
        std::string not_before = "20200101000000Z";        // its certificate is valid
        std::string not_after = "20991231235959Z";
        std::string tls{};                    // as in BrokerOptions
        std::string further_configuration{};  // of the broker
    };

    BrokerWorld() : BrokerWorld{Settings{}} {}
    explicit BrokerWorld(const Settings& settings)
        : broker{{.directory = directory.path(),
                  .client_ca = ca.certificate(),
                  .certificate = ca.issue_server("broker", settings.names, settings.not_before, settings.not_after),
                  .tls = settings.tls,
                  .further_configuration = settings.further_configuration}} {}

    // make_client makes NAME-key.pem and NAME-cert.pem.
    void make_client(const std::string& name) {
        openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
                 "/CN=" + name, "-keyout", file(name + "-key.pem"), "-out", file(name + ".csr")});
        std::filesystem::rename(ca.issue_client(file(name + ".csr")), file(name + "-cert.pem"));
    }

    // listen starts mosquitto_sub on a topic, and returns when the broker has granted that.
    Process listen(const std::string& topic, const std::vector<std::string>& more = {}) {
        make_client("listener");
        std::vector<std::string> all{"-h",       "localhost",
                                     "-p",       std::to_string(broker.port()),
                                     "--cafile", ca.certificate(),
                                     "--cert",   file("listener-cert.pem"),
                                     "--key",    file("listener-key.pem"),
                                     "-i",       "listener",
                                     "-q",       "1",
                                     "-t",       topic};
        all.insert(all.end(), more.begin(), more.end());
        Process process{"mosquitto_sub", all};
        broker.wait_for_log("Sending SUBACK to listener");
        return process;
    }

    [[nodiscard]] std::string file(const std::string& name) const { return directory / name; }

    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Broker broker;
};

// SoftwareWorld is for what trustx-mqtt does once it is connected, wherever its key is.
class SoftwareWorld : public BrokerWorld {
 public:
    explicit SoftwareWorld(const std::string& further_configuration = {})
        : BrokerWorld{{.further_configuration = further_configuration}} {
        make_client("client");
    }

    // arguments are those of a connection as client id `id`, and what a test adds.
    [[nodiscard]] std::vector<std::string> arguments(const std::string& id,
                                                     const std::vector<std::string>& more) const {
        std::vector<std::string> all{"-h",
                                     "localhost",
                                     "-p",
                                     std::to_string(broker.port()),
                                     "--ca",
                                     ca.certificate(),
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
};

// GatewayWorld has a gateway with its key in a chip.
class GatewayWorld : public BrokerWorld {
 public:
    using BrokerWorld::BrokerWorld;

    // arguments are those of a connection with the key in the chip, and what a test adds.
    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"--host", "localhost",      "--port", std::to_string(broker.port()),
                                     "--ca",   ca.certificate(), "--key",  gateway.key()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    Gateway gateway{ca};
};

}  // namespace trustx::test
