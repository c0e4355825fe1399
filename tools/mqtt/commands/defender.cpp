// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt defender, and --defender-interval of every command: the options.
#include "commands/command_line.hpp"
#include "commands/metrics.hpp"
#include "requests/names.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

using Interval = std::optional<std::chrono::seconds>;

std::unique_ptr<MetricsApplication> make_metrics(const std::string& thing, Interval interval) {
    if (!is_thing_name(thing)) {
        throw std::runtime_error{"'" + thing + "' is no name of a thing, to which reports could belong"};
    }
    return std::make_unique<MetricsApplication>(thing, interval);
}

CLI::Option* add_interval(CLI::App& app, const std::string& name, const std::shared_ptr<Interval>& interval,
                          const std::string& help) {
    auto* option = app.add_option_function<unsigned>(
        name, [interval](unsigned seconds) { *interval = std::chrono::seconds{seconds}; }, help);
    return option->type_name("SECONDS")->check(
        unnamed(CLI::Range(static_cast<unsigned>(MetricsReporter::shortest_interval.count()), 86'400U)));
}

}  // namespace

void add_defender(CLI::App& program, CommandLine& chosen) {
    const auto interval = std::make_shared<Interval>();
    const auto thing = std::make_shared<std::string>();
    auto* defender = program.add_subcommand("defender",
                                            "Report this computer's network, and the chip's security event counter, to "
                                            "AWS IoT Device Defender");
    defender->fallthrough();
    defender->footer(footer_of({"defender", "defender --interval 300"}));
    defender->add_option("--thing", *thing, "Name of the thing (default: the client id)")->type_name("NAME");
    add_interval(*defender, "--interval", interval, "Seconds between reports, 300 or more (default: one report)");
    defender->final_callback([&chosen, interval, thing] {
        chosen.make = [&chosen, interval, thing](const std::string& client_id) {
            return make_metrics(thing->empty() ? thing_for(chosen.options, client_id) : *thing, *interval);
        };
    });
}

void add_defender_interval(CLI::App& program, CommandLine& chosen) {
    const auto interval = std::make_shared<Interval>();
    add_interval(program, "--defender-interval", interval,
                 "Report to AWS IoT Device Defender as well, every N seconds, 300 or more");
    chosen.beside = [&chosen, interval](std::unique_ptr<Application> application,
                                        const std::string& client_id) -> std::unique_ptr<Application> {
        if (!*interval) {
            return application;
        }
        return std::make_unique<WithMetrics>(std::move(application),
                                             make_metrics(thing_for(chosen.options, client_id), *interval));
    };
}

}  // namespace trustx::mqtt
