// SPDX-License-Identifier: Apache-2.0
#include "tls_levels.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <array>
#include <utility>

namespace trustx::test {
namespace {

template <typename T>
using Named = std::pair<T, const char*>;

constexpr std::array all_levels{Named<Level>{Level::signature, "signature"},
                                Named<Level>{Level::ephemeral, "ephemeral"},
                                Named<Level>{Level::key_schedule, "key-schedule"}};
constexpr std::array all_offers{Named<Offer>{Offer::only_1_2, "TLS 1.2"}, Named<Offer>{Offer::only_1_3, "TLS 1.3"},
                                Named<Offer>{Offer::both, "both versions"},
                                Named<Offer>{Offer::both_to_1_2, "both versions to a peer of TLS 1.2"}};
constexpr std::array all_suites{Named<Suite>{Suite::sha256, "SHA-256"}, Named<Suite>{Suite::sha384, "SHA-384"}};
constexpr std::array all_consumers{
    Named<Consumer>{Consumer::s_client, "s_client"}, Named<Consumer>{Consumer::mosquitto_pub, "mosquitto_pub"},
    Named<Consumer>{Consumer::s_server, "s_server"}, Named<Consumer>{Consumer::mosquitto, "mosquitto"},
    Named<Consumer>{Consumer::nginx, "nginx"},       Named<Consumer>{Consumer::trustx_mqtt, "trustx-mqtt"},
    Named<Consumer>{Consumer::curl, "curl"},
};
constexpr std::array all_companies{Named<Company>{Company::nobody, "alone"},
                                   Named<Company>{Company::legacy, "with the legacy provider"}};

template <typename T, std::size_t N>
std::string name_in(const std::array<Named<T>, N>& all, T value) {
    for (const auto& [each, name] : all) {
        if (each == value) {
            return name;
        }
    }
    return {};
}

bool is_mqtt_client(Consumer consumer) {
    return consumer == Consumer::mosquitto_pub || consumer == Consumer::trustx_mqtt;
}

bool is_client(Consumer consumer) {
    return consumer == Consumer::s_client || consumer == Consumer::curl || is_mqtt_client(consumer);
}

bool is_openssl(Consumer consumer) {
    return consumer == Consumer::s_client || consumer == Consumer::s_server;
}

bool ends_in_1_2(const Combination& combination) {
    return combination.offer == Offer::only_1_2 || combination.offer == Offer::both_to_1_2;
}

// What a handshake of each level costs, by what is negotiated.
enum class Negotiated { tls_1_2_sha256, tls_1_2_sha384, tls_1_3 };
struct Cost {
    Level level;
    Negotiated negotiated;
    std::map<std::string, int> commands;
};
// The chip's key derivation knows SHA-256 only, and what TLS 1.3 derives with is not among its functions: elsewhere the
// secret is exported, as with `ephemeral` (openssl-provider.md section 6.2).
const std::array costs{
    Cost{Level::signature, Negotiated::tls_1_2_sha256, {{"CalcSign", 1}}},
    Cost{Level::signature, Negotiated::tls_1_2_sha384, {{"CalcSign", 1}}},
    Cost{Level::signature, Negotiated::tls_1_3, {{"CalcSign", 1}}},
    Cost{Level::ephemeral, Negotiated::tls_1_2_sha256, {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}}},
    Cost{Level::ephemeral, Negotiated::tls_1_2_sha384, {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}}},
    Cost{Level::ephemeral, Negotiated::tls_1_3, {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}}},
    Cost{Level::key_schedule,
         Negotiated::tls_1_2_sha256,
         {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}, {"DeriveKey", 4}}},
    Cost{Level::key_schedule, Negotiated::tls_1_2_sha384, {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}}},
    Cost{Level::key_schedule, Negotiated::tls_1_3, {{"GenKeyPair", 1}, {"CalcSSec", 1}, {"CalcSign", 1}}},
};

void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find("\n" + from + "\n");
    INFO("a line of the sample: " << from);
    REQUIRE(at != std::string::npos);
    text.replace(at + 1, from.size(), to);
}

std::string groups(const Combination& combination) {
    return std::string{"Groups = "} + (combination.curve == "P-384" ? "P-384:P-256:P-521" : "P-256:P-384:P-521");
}

std::string versions(const std::string& lowest, const std::string& highest) {
    return "MinProtocol = TLSv" + lowest + "\nMaxProtocol = TLSv" + highest + "\n";
}

std::string suite_1_2(Suite suite) {
    return suite == Suite::sha256 ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "ECDHE-ECDSA-AES256-GCM-SHA384";
}
std::string suite_1_3(Suite suite) {
    return suite == Suite::sha256 ? "TLS_AES_128_GCM_SHA256" : "TLS_AES_256_GCM_SHA384";
}

std::string lowest_version(Offer offer) {
    return offer == Offer::only_1_3 ? "1.3" : "1.2";
}
std::string highest_version(Offer offer) {
    return offer == Offer::only_1_2 ? "1.2" : "1.3";
}

// Scene is what a consumer and its peer are run with.
struct Scene {
    const Host& host;
    const Combination& combination;
    const Arguments& under;
    Environment environment = level_environment(host, combination);
    Environment peer = peer_environment(host, combination);

    // line is the consumer's command line, the program first.
    [[nodiscard]] Arguments line(const std::string& program, const Arguments& arguments) const {
        Arguments line = under;
        line.push_back(program);
        line.insert(line.end(), arguments.begin(), arguments.end());
        return line;
    }
    [[nodiscard]] Outcome consume(const std::string& program, const Arguments& arguments,
                                  const std::optional<std::string>& input = {}) const {
        const auto all = line(program, arguments);
        return Host::must_run(environment, all.front(), {all.begin() + 1, all.end()}, input);
    }

    [[nodiscard]] Arguments openssl(const char* command, const Arguments& arguments) const {
        Arguments all{command};
        if (combination.company == Company::legacy) {
            all.insert(all.end(), {"-provider", "legacy"});
        }
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }
    [[nodiscard]] Arguments s_client(const Arguments& where, const Identity& identity) const {
        Arguments all = where;
        all.insert(all.end(), {"-CAfile", host.ca(), "-servername", "localhost", "-cert", identity.certificate, "-key",
                               identity.key, "-verify_return_error", "-ign_eof"});
        return all;
    }
    // visit is the peer of a server with the chip's key.
    [[nodiscard]] std::string visit(const Arguments& where, const std::string& what) const {
        Arguments all = s_client(where, host.software_client());
        all.insert(all.begin(), "s_client");
        return Host::must_run(peer, "openssl", all, what).out;
    }
    [[nodiscard]] BrokerOptions broker(const Identity& identity, const Environment& its) const {
        // mosquitto sets a list of its own in place of the configuration's, but none for TLS 1.3.
        return {.directory = host.path(""),
                .client_ca = host.ca(),
                .certificate = identity,
                .tls = {},
                .further_configuration = "ciphers " + suite_1_2(combination.suite) + "\n",
                .environment = its};
    }
};

const char* const page = "GET / HTTP/1.0\r\n\r\n";
// A CONNECT that a broker answers and closes: the version of MQTT is 9.
const std::string connect_of_mqtt{"\x10\x0c\x00\x04MQTT\x09\x02\x00\x3c\x00\x00", 14};

std::string s_client(const Scene& scene) {
    const WebServer server{scene.host, scene.peer};
    return scene
        .consume(
            "openssl",
            scene.openssl("s_client", scene.s_client({"-connect", "localhost:" + server.port()}, scene.host.client())),
            page)
        .out;
}

std::string curl(const Scene& scene) {
    const WebServer server{scene.host, scene.peer};
    auto arguments = curl_versions(scene.combination);
    for (const auto& argument : Arguments{"--silent", "--show-error", "--no-alpn", "--max-time", "60", "--cacert",
                                          scene.host.ca(), "--cert", scene.host.client().certificate, "--key",
                                          scene.host.client().key, "https://localhost:" + server.port() + "/"}) {
        arguments.push_back(argument);
    }
    return scene.consume("curl", arguments).out;
}

void mosquitto_pub(const Scene& scene) {
    const Broker broker{scene.broker(scene.host.software_server(), scene.peer)};
    static_cast<void>(scene.consume(
        "mosquitto_pub",
        {"-h", "localhost", "-p", std::to_string(broker.port()), "--cafile", scene.host.ca(), "--cert",
         scene.host.client().certificate, "--key", scene.host.client().key, "-q", "1", "-t", "t", "-m", "hello"}));
}

void trustx_mqtt(const Scene& scene) {
    const Broker broker{scene.broker(scene.host.software_server(), scene.peer)};
    static_cast<void>(scene.consume(program("trustx-mqtt"),
                                    {"--host", "localhost", "--port", std::to_string(broker.port()), "--ca",
                                     scene.host.ca(), "--cert", scene.host.client().certificate, "--key",
                                     scene.host.client().key, "--topic", "t", "--message", "hello", "--once"}));
}

std::string s_server(const Scene& scene) {
    const auto line = scene.line(
        "openssl", scene.openssl("s_server", {"-accept", "127.0.0.1:0", "-naccept", "1", "-www", "-Verify", "1",
                                              "-verify_return_error", "-CAfile", scene.host.ca(), "-cert",
                                              scene.host.server().certificate, "-key", scene.host.server().key}));
    Process server{line.front(), {line.begin() + 1, line.end()}, {.environment = scene.environment}};
    const auto listens = server.wait_for_line("ACCEPT");
    auto said = scene.visit({"-connect", "localhost:" + listens.substr(listens.rfind(':') + 1)}, page);
    const auto outcome = server.wait();
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    return said;
}

std::string mosquitto(const Scene& scene) {
    const Broker broker{scene.broker(scene.host.server(), scene.environment)};
    return scene.visit({"-connect", "localhost:" + std::to_string(broker.port())}, connect_of_mqtt);
}

std::string nginx(const Scene& scene) {
    const auto nginx = serve_by_nginx(scene.host, scene.combination, scene.environment, "hello\n");
    return scene.visit({"-unix", nginx.socket()}, page);
}

}  // namespace

std::string name_of(const Combination& combination) {
    return name_in(all_levels, combination.level) + ", " + name_in(all_consumers, combination.consumer) + ", " +
           name_in(all_offers, combination.offer) + ", " + name_in(all_suites, combination.suite) + ", " +
           combination.curve + ", " + name_in(all_companies, combination.company);
}

std::vector<std::size_t> numbers_of_values() {
    // Debian 12's curl does not run with a module for sanitizers (curl_skipped), so it is the last.
    return {all_levels.size() * all_offers.size() * all_suites.size(), both_curves.size(),
            all_consumers.size() - (sanitized() ? 1 : 0), all_companies.size()};
}

Combination combination_of(const Choice& choice) {
    const auto kind = choice.at(0);
    return {.level = all_levels.at(kind / all_suites.size() / all_offers.size()).first,
            .offer = all_offers.at(kind / all_suites.size() % all_offers.size()).first,
            .suite = all_suites.at(kind % all_suites.size()).first,
            .curve = both_curves.at(choice.at(1)),
            .consumer = all_consumers.at(choice.at(2)).first,
            .company = all_companies.at(choice.at(3)).first};
}

std::vector<Combination> combinations_of(const std::vector<Consumer>& consumers, const std::vector<Offer>& offers,
                                         Suite suite) {
    std::vector<Combination> combinations;
    for (const auto level : {Level::ephemeral, Level::key_schedule, Level::signature}) {
        for (const auto consumer : consumers) {
            for (const auto offer : offers) {
                combinations.push_back({.level = level,
                                        .offer = offer,
                                        .suite = suite,
                                        .curve = "P-256",
                                        .consumer = consumer,
                                        .company = Company::nobody});
            }
        }
    }
    return combinations;
}

std::string written(const std::map<std::string, int>& commands) {
    std::string text;
    for (const auto& [name, times] : commands) {
        text += name + " " + std::to_string(times) + "\n";
    }
    return text;
}

std::map<std::string, int> expected_commands(const Combination& combination) {
    const auto negotiated = !ends_in_1_2(combination)            ? Negotiated::tls_1_3
                            : combination.suite == Suite::sha256 ? Negotiated::tls_1_2_sha256
                                                                 : Negotiated::tls_1_2_sha384;
    for (const auto& cost : costs) {
        if (cost.level == combination.level && cost.negotiated == negotiated) {
            auto commands = cost.commands;
            // A client of TLS 1.3 makes a share for its first message. That of TLS 1.2 has no place for it.
            if (combination.level != Level::signature && combination.offer == Offer::both_to_1_2 &&
                is_client(combination.consumer)) {
                ++commands["GenKeyPair"];
            }
            return commands;
        }
    }
    FAIL("no cost for " << name_of(combination));
    return {};
}

VersionAndSuite expected_suite(const Combination& combination) {
    return ends_in_1_2(combination) ? VersionAndSuite{"TLSv1.2", suite_1_2(combination.suite)}
                                    : VersionAndSuite{"TLSv1.3", suite_1_3(combination.suite)};
}

Environment level_environment(const Host& host, const Combination& combination) {
    auto text = read_file(source_directory() / "conf" / "services" / "openssl-ephemeral.cnf");
    replace(text, "module = trustx.so", "module = " + (module_directory() / "trustx.so").string());
    replace(text, "scope = ephemeral", "scope = " + name_in(all_levels, combination.level));
    replace(
        text, "Groups = P-256:P-384:P-521",
        groups(combination) + "\n" + versions(lowest_version(combination.offer), highest_version(combination.offer)));
    if (combination.company == Company::legacy && !is_openssl(combination.consumer)) {
        replace(text, "default = default_sect", "default = default_sect\nlegacy = default_sect");
    }
    if (combination.level == Level::key_schedule) {
        replace(text, "providers = provider_sect", "providers = provider_sect\nalg_section = algorithm_sect");
        text += "[algorithm_sect]\ndefault_properties = ?provider=trustx\n";
    }
    write_file(host.path("openssl-level.cnf"), text);
    auto environment = host.environment(Arrangement::default_first);
    environment["OPENSSL_CONF"] = host.path("openssl-level.cnf");
    // Programs that share lock files count uses of keys together, and every sixteenth would read the chip's security
    // event counter (docs/provider.md, "A chip that is used very often").
    const auto locks = host.path("locks");
    std::filesystem::remove_all(locks);
    std::filesystem::create_directory(locks);
    environment["TRUSTX_LOCK_DIRECTORY"] = locks;
    return environment;
}

Environment peer_environment(const Host& host, const Combination& combination) {
    const std::string negotiated = ends_in_1_2(combination) ? "1.2" : "1.3";
    const bool both = !is_mqtt_client(combination.consumer) && combination.offer != Offer::both_to_1_2;
    write_file(host.path("openssl-peer.cnf"),
               "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n" +
                   (both ? versions("1.2", "1.3") : versions(negotiated, negotiated)) + groups(combination) +
                   "\nCipherString = " + suite_1_2(combination.suite) +
                   "\nCiphersuites = " + suite_1_3(combination.suite) + "\n");
    return {{"OPENSSL_CONF", host.path("openssl-peer.cnf")}};
}

Arguments curl_versions(const Combination& combination) {
    return {"--tlsv" + lowest_version(combination.offer), "--tls-max", highest_version(combination.offer)};
}

Nginx serve_by_nginx(const Host& host, const Combination& combination, const Environment& environment,
                     const std::string& text) {
    const auto offer = combination.offer;
    const std::string protocols = offer == Offer::only_1_2   ? "TLSv1.2"
                                  : offer == Offer::only_1_3 ? "TLSv1.3"
                                                             : "TLSv1.2 TLSv1.3";
    return {host, environment, 1,
            server_section(host, "front", host.server(), "location / { return 200 \"" + text + "\"; }\n", protocols)};
}

std::optional<std::string> shake_hands(const Host& host, const Combination& combination, const Arguments& under) {
    const Scene scene{host, combination, under};
    switch (combination.consumer) {
        case Consumer::s_client:
            return s_client(scene);
        case Consumer::curl:
            return curl(scene);
        case Consumer::mosquitto_pub:
            mosquitto_pub(scene);
            return {};
        case Consumer::trustx_mqtt:
            trustx_mqtt(scene);
            return {};
        case Consumer::s_server:
            return s_server(scene);
        case Consumer::mosquitto:
            return mosquitto(scene);
        case Consumer::nginx:
            break;
    }
    return nginx(scene);
}

}  // namespace trustx::test
