// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt jobs ...: the options.
#include "commands/command_line.hpp"
#include "commands/jobs_run.hpp"
#include "requests/names.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

struct JobsCommandOptions {
    std::string thing;  // empty: the client id
    JobsOptions run;
    int step_timeout = 0;
};

void add_directories(CLI::App& run, JobsCommandOptions& options) {
    run.add_option("--handler", options.run.handlers,
                   "Directory of handlers: a program for each operation, named like it, with the job document on "
                   "standard input")
        ->type_name("DIRECTORY")
        ->required();
    options.run.state = "/var/lib/trustx-mqtt/jobs";
    run.add_option("--state", options.run.state, "Directory that remembers which job is being done")
        ->type_name("DIRECTORY")
        ->capture_default_str();
}

CLI::Option* add_times(CLI::App& run, JobsCommandOptions& options) {
    run.add_option("--handler-timeout", options.run.allowed, "Seconds in which a handler must end, 1 to 604800")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 604'800)));
    run.add_option("--drain", options.run.drain, "Seconds that a running handler gets to end on SIGTERM, 0 to 86400")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(0, 86'400)));
    auto* step = run.add_option("--step-timeout", options.step_timeout,
                                "Minutes after which AWS IoT gives up a job that it hears nothing of, 1 to 10080");
    step->type_name("MINUTES")->check(unnamed(CLI::Range(1, 10'080)));
    return step;
}

}  // namespace

void add_jobs(CLI::App& program, CommandLine& chosen) {
    const auto options = std::make_shared<JobsCommandOptions>();
    auto* jobs = program.add_subcommand("jobs", "The jobs of a thing of AWS IoT");
    jobs->fallthrough();
    jobs->require_subcommand(1);
    jobs->footer(footer_of({"jobs run --handler /usr/local/lib/gateway/jobs"}));
    auto* run = jobs->add_subcommand("run", "Do the jobs, one at a time");
    run->footer(
        footer_of({"jobs run --handler /usr/local/lib/gateway/jobs",
                   "jobs run --handler /usr/local/lib/gateway/jobs --state /var/lib/gateway/jobs --until-empty"}));
    run->add_option("--thing", options->thing, "Name of the thing (default: the client id)")->type_name("NAME");
    add_directories(*run, *options);
    auto* step = add_times(*run, *options);
    run->add_flag("--until-empty", options->run.until_empty, "End when there is no other job");
    run->final_callback([&chosen, options, step] {
        if (step->count() > 0) {
            options->run.step_timeout = options->step_timeout;
        }
        if (const auto handlers = HandlerDirectory::open(options->run.handlers); !handlers) {
            throw CLI::ValidationError("--handler", handlers.error().message());
        }
        chosen.make = [&chosen, options](const std::string& client_id) {
            const auto& thing = options->thing.empty() ? thing_for(chosen.options, client_id) : options->thing;
            if (!is_thing_name(thing)) {
                throw std::runtime_error{"'" + thing + "' is no name of a thing; --thing gives one"};
            }
            return std::make_unique<JobsApplication>(thing, options->run);
        };
    });
}

}  // namespace trustx::mqtt
