// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.hpp"

#include "commands/settings_file.hpp"
#include "common/command_line/given_twice.hpp"
#include "common/text/printable.hpp"
#include "session/exit_code.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

constexpr const char* description =
    "Publishes and receives MQTT messages over mutual TLS with a private key that stays in the chip.";

constexpr const char* footer = R"(Examples:
  trustx-mqtt --host broker.example --ca ca.pem --key key.pem --cert trustx:E0E1 --topic greenhouse/1 --message 21.5
  trustx-mqtt --host broker.example --ca ca.pem --key key.pem --cert cert.pem --subscribe 'greenhouse/#'
  trustx-mqtt --enrolled --topic dt/gateway-1/climate --message 21.5

The key file is a reference that `trustx keygen` or `trustx key-file` writes. OpenSSL reads it through the
trustx provider; set OPENSSL_CONF to a configuration that activates the provider, for example
/etc/trustx/openssl-trustx.cnf. TRUSTX_DEVICE names the chip where it is not /dev/i2c-1.

Received payloads go to standard output, one per line; everything else goes to standard error.
Exit codes: 0 done; 1 local failure; 2 wrong command line; 3 key, certificate or CA file cannot be used;
4 no connection; 5 connected, but not all messages got through; 6 refused by the broker's rules, or by AWS IoT.)";

// HelpFormatter tells of an option what its value may be, and its usual value; not which options it needs and excludes,
// which would stand between its name and what it does.
class HelpFormatter final : public CLI::Formatter {
 public:
    std::string make_option_opts(const CLI::Option* option) const override {
        std::string text;
        if (option->get_type_size() != 0 && !option->get_type_name().empty()) {
            text = " " + option->get_type_name();
            text += option->get_default_str().empty() ? "" : "=" + option->get_default_str();
        }
        const bool several = option->get_type_size() != 0 && option->get_items_expected_max() > 1;
        return text + (several ? " ..." : "") + (option->get_required() ? " REQUIRED" : "");
    }
};

// refuse_publishing: what belongs to publishing and receiving has no meaning for a subcommand, and who gave it expects
// something of it.
void refuse_publishing(const CLI::App& app) {
    for (const char* title : {"Publishing", "Receiving"}) {
        for (const auto* option : app.get_option_group(title)->get_options()) {
            if (option->count() > 0) {
                throw CLI::ValidationError(option->get_name(), "is of publishing and receiving, not of `" +
                                                                   app.get_subcommands().front()->get_name() + "`");
            }
        }
    }
}

// mistake names a word that has no meaning before an option that is missing.
std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
    for (const auto& word : app.remaining()) {
        if (word.starts_with('-')) {
            return "there is no option " + word.substr(0, word.find('='));
        }
    }
    return trustx::command_line::what_is_wrong(app, error);
}

}  // namespace

std::string footer_of(const std::vector<std::string>& examples) {
    std::string text = "It takes the options of the connection as well (trustx-mqtt --help).\n\nExamples:";
    for (const auto& example : examples) {
        text += "\n  trustx-mqtt --enrolled " + example;
    }
    return text;
}

std::variant<std::unique_ptr<CommandLine>, int> parse_command_line(int argc, char** argv) {
    auto chosen = std::make_unique<CommandLine>();
    CLI::App app{description, "trustx-mqtt"};
    app.footer(footer);
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_version_flag("--version", TRUSTX_VERSION);
    app.set_help_flag("--help", "Print this help message and exit");  // -h is the host, as for mosquitto's programs
    const auto settings = std::make_shared<SettingsFile>(app);
    app.config_formatter(settings);
    add_publish_subscribe(app, *chosen);
    add_options(app, chosen->options);
    add_defender_interval(app, *chosen);
    add_shadow(app, *chosen);
    add_jobs(app, *chosen);
    add_defender(app, *chosen);
    try {
        app.parse(argc, argv);
        if (const auto taken = take_identity(app, chosen->options); !taken) {
            std::cerr << "trustx-mqtt: " << text::printable(taken.error().message()) << "\n";
            return static_cast<int>(ExitCode::credentials);
        }
        settle_options(app, chosen->options);
        if (chosen->make) {
            refuse_publishing(app);
        } else {
            chosen->otherwise();
        }
    } catch (const CLI::Success& request) {
        static_cast<void>(app.exit(request, std::cout, std::cerr));
        return static_cast<int>(std::cout.flush() ? ExitCode::done : ExitCode::failed);
    } catch (const CLI::ParseError& error) {
        const auto in_file = settings->mistake();
        std::cerr << "trustx-mqtt: " << text::printable(in_file.empty() ? mistake(app, error) : in_file)
                  << "\nRun with --help for more information.\n";
        return static_cast<int>(ExitCode::usage);
    }
    return chosen;
}

}  // namespace trustx::mqtt
