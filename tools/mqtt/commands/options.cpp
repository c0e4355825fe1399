// SPDX-License-Identifier: Apache-2.0
#include "commands/options.hpp"

#include "limits/aws_limits.hpp"
#include "limits/topic.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

// mosquitto's words for the versions are taken as well.
const std::map<std::string, Version> versions{{"3.1.1", Version::v3_1_1},
                                              {"mqttv311", Version::v3_1_1},
                                              {"311", Version::v3_1_1},
                                              {"5", Version::v5},
                                              {"mqttv5", Version::v5}};

void add_broker_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Connection");
    group->add_option("-h,--host", options.host, "Name of the broker, as its certificate has it")->type_name("NAME");
    group->add_option("-p,--port", options.port, "Port of the broker")
        ->type_name("PORT")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 65535)));
    group
        ->add_option(
            "--ca", options.ca,
            "File of the CA certificates that the broker is checked against, or trustx:OBJECT for one in the chip")
        ->type_name("FILE|trustx:OBJECT");
    group
        ->add_option("--key", options.key,
                     "Key file: the reference to the key in the chip, PEM; or trustx:SLOT for the key itself")
        ->type_name("FILE|trustx:SLOT");
    group
        ->add_option("--cert", options.certificate,
                     "Certificate of that key: a PEM file, or trustx:OBJECT to take it from the chip")
        ->type_name("FILE|trustx:OBJECT");
    group->add_flag("--enrolled", options.enrolled,
                    "Take all of these and the client id from what `trustx aws enroll` has left");
    group->add_option("--identity-dir", options.identity_dir, "The same, from this directory (default: aws-identity)")
        ->type_name("DIRECTORY");
    group->add_flag("--allow-software-key", options.allow_software_key,
                    "Take a private key that is in the key file and not in a chip");
    group->add_option("--device", options.device, "Where the chip is (default: as for every program)")
        ->type_name("ADDRESS");
    group
        ->add_option("--alpn", options.alpn, "TLS application protocol to ask for; AWS IoT on port 443: x-amzn-mqtt-ca")
        ->type_name("PROTOCOL");
    group->add_flag("--aws", options.aws,
                    "Keep to AWS IoT's limits before it closes the connection (default for its endpoints)");
}

void add_protocol_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("MQTT");
    group
        ->add_option_function<std::string>(
            "-V,--mqtt-version", [&options](const std::string& word) { options.version = versions.at(word); },
            "Version of MQTT (default: 3.1.1, for AWS IoT 5)")
        ->type_name("3.1.1|5")
        ->check(unnamed(CLI::IsMember(&versions)));
    group
        ->add_option("-i,--client-id", options.client_id,
                     "MQTT client id, unique at the broker (default: common name of the certificate)")
        ->type_name("ID");
    group->add_option("-k,--keep-alive", options.keep_alive, "Seconds between pings on an idle connection, 5 to 1200")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(5, 1200)));
    auto* persistent =
        group->add_flag("-c,--persistent-session", options.persistent_session,
                        "Let the broker keep subscriptions and messages between connections; needs --client-id");
    group
        ->add_option("-x,--session-expiry", options.session_expiry,
                     "Seconds that the broker keeps them (MQTT 5; default: 3600)")
        ->type_name("SECONDS")
        ->needs(persistent)
        ->check(unnamed(CLI::Range(1U, 0xFFFFFFFEU)));
    group
        ->add_option("--receive-maximum", options.receive_maximum,
                     "Messages that the broker may send without an acknowledgement (MQTT 5)")
        ->type_name("N")
        ->check(unnamed(CLI::Range(1, 65535)));
    group->add_option("--max-in-flight", options.max_in_flight, "Messages that are sent without an acknowledgement")
        ->type_name("N")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 65535)));
}

void add_will_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Last will");
    auto* topic = group
                      ->add_option_function<std::string>(
                          "--will-topic", [&options](const std::string& text) { options.will.emplace().topic = text; },
                          "Topic of the message that the broker publishes when the connection breaks")
                      ->type_name("TOPIC");
    const auto with_will = [&options](auto set) {
        return [&options, set](const auto& value) {
            if (options.will) {
                set(*options.will, value);
            }
        };
    };
    group
        ->add_option_function<std::string>("--will-payload",
                                           with_will([](Will& will, const std::string& text) { will.payload = text; }),
                                           "Its payload (default: empty)")
        ->type_name("TEXT")
        ->needs(topic);
    group
        ->add_option_function<int>("--will-qos", with_will([](Will& will, int qos) { will.qos = qos; }),
                                   "Its quality of service (default: 0)")
        ->type_name("0|1")
        ->needs(topic)
        ->check(unnamed(CLI::Range(0, 1)));
    group
        ->add_flag_callback(
            "--will-retain",
            [&options] {
                if (options.will) {
                    options.will->retain = true;
                }
            },
            "Let the broker keep it")
        ->needs(topic);
}

void add_patience_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Patience");
    auto* attempts = group->add_option("--max-attempts", options.patience.max_attempts,
                                       "Give up after N failed connection attempts in a row (default: never)");
    attempts->type_name("N")->check(unnamed(CLI::PositiveNumber));
    group
        ->add_flag_callback(
            "--once", [&options] { options.patience.max_attempts = 1; }, "Same as --max-attempts 1")
        ->excludes(attempts);
    group
        ->add_option("-W,--timeout", options.patience.timeout,
                     "Seconds after which to give up altogether (default: never)")
        ->type_name("SECONDS")
        ->check(unnamed(CLI::PositiveNumber));
    group->add_option("--connect-timeout", options.connect_timeout, "Seconds for one connection attempt, 1 to 300")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 300)));
}

void add_report_options(CLI::App& program, Options& options) {
    auto* group = program.add_option_group("Reports and settings");
    auto* verbose =
        group->add_flag("-v,--verbose", options.verbose, "Report every step, and OpenSSL's messages in full");
    group->add_flag("--quiet", options.quiet, "Report errors only")->excludes(verbose);
    const std::map<std::string, LogTo> places{{"text", LogTo::text}, {"journal", LogTo::journal}};
    group
        ->add_option("--log", options.log,
                     "Where messages go: lines on standard error, or entries with fields in the journal of systemd "
                     "(default: the journal if standard error is that)")
        ->type_name("text|journal")
        ->transform(unnamed(CLI::CheckedTransformer(places)));
    group->add_option("--status-file", options.status_file, "Keep the state and counters in this file, as JSON")
        ->type_name("FILE");
    program.set_config("--config", "", "Read options from this file: TOML, with the long names of options")
        ->type_name("FILE");
}

void require_connection(const Options& options) {
    for (const auto& [name, value] : {std::pair{"--host", &options.host}, std::pair{"--ca", &options.ca},
                                      std::pair{"--key", &options.key}, std::pair{"--cert", &options.certificate}}) {
        if (value->empty()) {
            throw CLI::ValidationError(name,
                                       "is required; on a gateway that `trustx aws enroll` has enrolled, --enrolled "
                                       "gives it");
        }
    }
}

// is_name: of a file, a program or a party. Texts and lists of JSON may be empty.
bool is_name(const std::string& type) {
    const std::set<std::string> names{"ADDRESS", "DIRECTORY", "ID", "NAME", "PROGRAM"};
    return names.count(type) > 0 || type.starts_with("FILE");
}

// An empty name is a variable of a script that is not set: as if there were no option, messages would be in no spool.
void refuse_empty_names(const CLI::App& part) {
    for (const auto* option : part.get_options()) {
        const auto given =
            option->count() > 0 && is_name(option->get_type_name()) ? option->results() : CLI::results_t{};
        if (std::ranges::find(given, std::string{}) != given.end()) {
            throw CLI::ValidationError(option->get_name(), "the value is empty");
        }
    }
    for (const auto* below : part.get_subcommands([](const CLI::App*) { return true; })) {
        refuse_empty_names(*below);
    }
}

}  // namespace

CLI::Validator unnamed(CLI::Validator rule) {
    rule.description("");
    return rule;
}

void add_options(CLI::App& program, Options& options) {
    add_broker_options(program, options);
    add_protocol_options(program, options);
    add_will_options(program, options);
    add_patience_options(program, options);
    add_report_options(program, options);
}

void settle_options(CLI::App& program, Options& options) {
    refuse_empty_names(program);
    require_connection(options);
    if (options.persistent_session && options.client_id.empty()) {
        throw CLI::ValidationError("--persistent-session", "the broker finds a session by its --client-id; give one");
    }
    if (options.will && !is_topic(options.will->topic)) {
        throw CLI::ValidationError("--will-topic", "'" + options.will->topic +
                                                       "' is no topic: that is not empty, UTF-8 without control "
                                                       "characters, and has no wildcard");
    }
    options.aws = options.aws || aws::is_endpoint(options.host);
    if (!options.aws) {
        return;
    }
    if (program.count("--mqtt-version") == 0) {
        options.version = Version::v5;  // which says why a connection ends
    }
    if (program.count("--alpn") == 0) {
        options.alpn = aws::application_protocol(options.port);
    }
    if (options.max_in_flight > aws::max_in_flight) {
        throw CLI::ValidationError("--max-in-flight",
                                   "AWS IoT allows " + std::to_string(aws::max_in_flight) + " messages in flight");
    }
    const auto excess = options.will ? aws::exceeded_by_topic(options.will->topic) : std::nullopt;
    if (excess) {
        throw CLI::ValidationError("--will-topic", excess->text);
    }
}

}  // namespace trustx::mqtt
