// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "common/command_line/given_twice.hpp"
#include "common/text/printable.hpp"
#include "exit_code.hpp"

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

constexpr const char* description =
    "Publishes and receives MQTT messages over mutual TLS with a private key that stays in the chip.";

constexpr const char* footer = R"(Examples:
  trustx-mqtt --host broker.example --ca ca.pem --key key.pem --cert trustx:E0E1 --topic greenhouse/1 --message 21.5
  trustx-mqtt --host broker.example --ca ca.pem --key key.pem --cert cert.pem --subscribe 'greenhouse/#'
  trustx-mqtt --host xxxx-ats.iot.eu-central-1.amazonaws.com --port 443 --alpn x-amzn-mqtt-ca ...

The key file is a reference that `trustx keygen` or `trustx key-file` writes. OpenSSL reads it through the
trustx provider; set OPENSSL_CONF to a configuration that activates the provider, for example
/etc/trustx/openssl-trustx.cnf. TRUSTX_DEVICE names the chip where it is not /dev/i2c-1.

Received payloads go to standard output, one per line; everything else goes to standard error.
Exit codes: 0 done; 1 local failure; 2 wrong command line; 3 key, certificate or CA file cannot be used;
4 no connection; 5 connected, but not all messages got through; 6 subscription refused.)";

// unnamed keeps CLI11's name of a rule out of --help, where the shells' completion reads what a value may be.
CLI::Validator unnamed(CLI::Validator rule) {
    rule.description("");
    return rule;
}

void add_connection_options(CLI::App& app, Options& options) {
    auto* group = app.add_option_group("Connection");
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

void add_message_options(CLI::App& app, Options& options) {
    auto* group = app.add_option_group("Messages");
    auto* topic = group->add_option("--topic", options.topic, "Topic to publish on")->type_name("TOPIC");
    auto* message =
        group->add_option("--message", options.message, "Payload (default: each line of standard input is one message)")
            ->type_name("TEXT")
            ->needs(topic);
    group->add_option("--repeat", options.repeat, "Send the message so many times, up to 1000000")
        ->type_name("N")
        ->needs(message)
        ->check(unnamed(CLI::Range(1U, 1'000'000U)));
    auto* subscribe =
        group->add_option("--subscribe", options.subscribe, "Topic filter to receive")->type_name("FILTER");
    group->add_option("--count", options.count, "End after so many received messages (default: until interrupted)")
        ->type_name("N")
        ->needs(subscribe)
        ->check(unnamed(CLI::PositiveNumber));
    group->add_option("--qos", options.qos, "0: at most once; 1: at least once")
        ->type_name("0|1")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(0, 1)));
}

void add_patience_options(CLI::App& app, Options& options) {
    auto* group = app.add_option_group("Patience");
    auto* attempts = group->add_option("--max-attempts", options.max_attempts,
                                       "Give up after so many failed connection attempts in a row (default: never)");
    attempts->type_name("N")->check(unnamed(CLI::PositiveNumber));
    group
        ->add_flag_callback(
            "--once", [&options] { options.max_attempts = 1; }, "Same as --max-attempts 1")
        ->excludes(attempts);
    group->add_option("--timeout", options.timeout, "Seconds after which to give up altogether (default: never)")
        ->type_name("SECONDS")
        ->check(unnamed(CLI::PositiveNumber));
    group->add_option("--connect-timeout", options.connect_timeout, "Seconds for one connection attempt, 1 to 300")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 300)));
    group->add_flag("-v,--verbose", options.verbose, "Report every step, and OpenSSL's messages in full");
}

// is_topic_filter follows MQTT 3.1.1 section 4.7.1. An empty text is none that was given.
bool is_topic_filter(const std::string& filter) {
    for (std::size_t begin = 0; begin <= filter.size();) {
        const auto end = std::min(filter.find('/', begin), filter.size());
        const auto level = filter.substr(begin, end - begin);
        const bool last = end == filter.size();
        const bool wildcard = level == "+" || (level == "#" && last);
        if (!wildcard && level.find_first_of("+#") != std::string::npos) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

void check_combination(const Options& options) {
    if (options.topic.empty() && options.subscribe.empty()) {
        throw CLI::ValidationError("give --topic to publish, --subscribe to receive, or both");
    }
    if (options.topic.find_first_of("+#") != std::string::npos) {
        throw CLI::ValidationError("--topic", "'" + options.topic + "' has a wildcard; only --subscribe takes those");
    }
    if (!is_topic_filter(options.subscribe)) {
        throw CLI::ValidationError("--subscribe", "'" + options.subscribe +
                                                      "' is no topic filter: # stands alone in the last level, + alone "
                                                      "in any");
    }
    if (options.persistent_session && options.client_id.empty()) {
        throw CLI::ValidationError("--persistent-session", "the broker finds a session by its --client-id; give one");
    }
}

// mistake names a word that has no meaning before an option that is missing.
std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
    for (const auto& word : app.remaining()) {
        if (word.starts_with('-')) {
            return "there is no option " + word.substr(0, word.find('='));
        }
    }
    return command_line::what_is_wrong(app, error);
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
    Options options;
    CLI::App app{description, "trustx-mqtt"};
    app.footer(footer);
    app.set_version_flag("--version", TRUSTX_VERSION);
    add_connection_options(app, options);
    add_message_options(app, options);
    add_patience_options(app, options);
    try {
        app.parse(argc, argv);
        check_combination(options);
    } catch (const CLI::Success& request) {
        static_cast<void>(app.exit(request, std::cout, std::cerr));
        return static_cast<int>(std::cout.flush() ? ExitCode::done : ExitCode::failed);
    } catch (const CLI::ParseError& error) {
        std::cerr << "trustx-mqtt: " << text::printable(mistake(app, error))
                  << "\nRun with --help for more information.\n";
        return static_cast<int>(ExitCode::usage);
    }
    return options;
}

}  // namespace trustx::mqtt
