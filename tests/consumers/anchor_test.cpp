// SPDX-License-Identifier: Apache-2.0
// Programs whose chains of certificates end in a trust anchor of the chip (verify-anchors): each asks the chip as often
// as it verifies with that authority's key, and fails with a reason when the chip holds another one.
#include "host.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <functional>

using namespace trustx::test;

namespace {

// Both certificates are directly by the authority. libssl verifies the server's, and its own to find what goes with it.
constexpr int both_ends = 2;

struct Client {
    std::string name;
    std::function<Outcome(const Environment&)> run;
};

// Clients are programs that connect to a web server or a broker, each with the root in a file or out of the chip.
std::vector<Client> clients(const Host& host, const WebServer& web, const Broker& broker) {
    const auto certificate = host.client().certificate;
    const auto key = host.client().key;
    const auto port = std::to_string(broker.port());
    const auto running = [](const std::filesystem::path& program, const Arguments& arguments) {
        return [program, arguments](const Environment& environment) {
            return run(program, arguments, {.environment = environment, .input = ""});
        };
    };
    const auto s_client = [&](const std::string& option, const std::string& root) {
        return running("openssl", {"s_client", "-connect", "localhost:" + web.port(), option, root, "-cert",
                                   certificate, "-key", key, "-verify_return_error", "-brief"});
    };
    const auto paho = [&](const std::string& root) {
        return running(program("trustx-mqtt"),
                       {"--host", "localhost", "--port", port, "--ca", root, "--cert", certificate, "--key", key,
                        "--topic", "t", "--message", "hello", "--once"});
    };
    std::vector<Client> all{
        {"s_client", s_client("-CAfile", host.ca())},
        {"s_client with -CAstore", s_client("-CAstore", "trustx:E0E8")},
        {"mosquitto_pub", running("mosquitto_pub", {"-h", "localhost", "-p", port, "--cafile", host.ca(), "--cert",
                                                    certificate, "--key", key, "-t", "t", "-m", "hello"})},
        {"Paho C", running(program("consumer_paho_c"), {"ssl://localhost:" + port, host.ca(), certificate, key})},
        {"Paho C++", paho(host.ca())},
        {"Paho C++ with the root out of the chip", paho("trustx:E0E8")},
    };
    if (!sanitized()) {  // Debian 12's curl waits endlessly then (curl_skipped)
        all.push_back({"curl", running("curl", {"--silent", "--show-error", "--no-alpn", "--max-time", "60", "--cacert",
                                                host.ca(), "--cert", certificate, "--key", key,
                                                "https://localhost:" + web.port() + "/"})});
    }
    return all;
}

BrokerOptions broker_options(const Host& host) {
    return {.directory = host.path(""),
            .client_ca = host.ca(),
            .certificate = host.software_server(),
            .tls = {},
            .further_configuration = {}};
}

}  // namespace

TEST_CASE("chains of unmodified programs end in the trust anchor of the chip, or not at all", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    Host host{curve};
    const WebServer web{host};
    const Broker broker{broker_options(host)};
    host.trust_by_chip();
    const auto all = clients(host, web, broker);
    for (const auto arrangement : every_configuration) {
        for (const auto& client : all) {
            INFO(curve << " " << name_of(arrangement) << " " << client.name);
            static_cast<void>(host.counters());
            const auto outcome = client.run(host.environment(arrangement));
            INFO(outcome.both());
            CHECK(outcome.ok());
            CHECK(host.verifications() == both_ends);
        }
    }
    host.distrust();
    for (const auto arrangement : {Arrangement::default_first, Arrangement::trustx_preferred}) {
        for (const auto& client : all) {
            INFO(curve << " " << name_of(arrangement) << " " << client.name);
            const auto outcome = client.run(host.environment(arrangement));
            INFO(outcome.both());
            CHECK_FALSE(outcome.ok());
            // mosquitto_pub and Paho C print no reason of OpenSSL's.
            const bool silent = client.name == "mosquitto_pub" || client.name == "Paho C";
            CHECK((silent || outcome.both().find("trust anchor") != std::string::npos));
        }
    }
}
