// SPDX-License-Identifier: Apache-2.0
#include "commands/options.hpp"

#include <CLI/CLI.hpp>

namespace trustx::mqtt {

CLI::Validator unnamed(CLI::Validator rule) {
    rule.description("");
    return rule;
}

void add_connection_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Connection");
    group->add_option("--host", options.host, "Name of the broker, as its certificate has it")
        ->type_name("NAME")
        ->required();
    group->add_option("--port", options.port, "Port of the broker")
        ->type_name("PORT")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 65535)));
    group->add_option("--ca", options.ca_file, "File of the CA certificates that the broker is checked against")
        ->type_name("FILE")
        ->required();
    group->add_option("--key", options.key_file, "Key file: the reference to the key in the chip, PEM")
        ->type_name("FILE")
        ->required();
    group
        ->add_option("--cert", options.certificate,
                     "Certificate of that key: a PEM file, or trustx:OBJECT to take it from the chip")
        ->type_name("FILE|trustx:OBJECT")
        ->required();
    group
        ->add_option("--client-id", options.client_id,
                     "MQTT client id, unique at the broker (default: common name of the certificate)")
        ->type_name("ID");
    group
        ->add_option("--alpn", options.alpn, "TLS application protocol to ask for; AWS IoT on port 443: x-amzn-mqtt-ca")
        ->type_name("PROTOCOL");
    group->add_option("--keep-alive", options.keep_alive, "Seconds between pings on an idle connection, 5 to 1200")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(5, 1200)));
    group->add_flag("--persistent-session", options.persistent_session,
                    "Let the broker keep subscriptions and messages between connections; needs --client-id");
}

void add_patience_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Patience");
    auto* attempts = group->add_option("--max-attempts", options.patience.max_attempts,
                                       "Give up after so many failed connection attempts in a row (default: never)");
    attempts->type_name("N")->check(unnamed(CLI::PositiveNumber));
    group
        ->add_flag_callback(
            "--once", [&options] { options.patience.max_attempts = 1; }, "Same as --max-attempts 1")
        ->excludes(attempts);
    group
        ->add_option("--timeout", options.patience.timeout,
                     "Seconds after which to give up altogether (default: never)")
        ->type_name("SECONDS")
        ->check(unnamed(CLI::PositiveNumber));
    group->add_option("--connect-timeout", options.connect_timeout, "Seconds for one connection attempt, 1 to 300")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 300)));
    group->add_flag("-v,--verbose", options.verbose, "Report every step, and OpenSSL's messages in full");
}

void check_options(const Options& options) {
    if (options.persistent_session && options.client_id.empty()) {
        throw CLI::ValidationError("--persistent-session", "the broker finds a session by its --client-id; give one");
    }
}

}  // namespace trustx::mqtt
