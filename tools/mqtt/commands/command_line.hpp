// SPDX-License-Identifier: Apache-2.0
// The command line of trustx-mqtt: which command, with which options.
#pragma once

#include "commands/options.hpp"
#include "connection/error.hpp"
#include "session/application.hpp"

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace trustx::mqtt {

// footer_of a command's help: the options of the connection, and its examples, a line each without the name of the
// program and the connection.
std::string footer_of(const std::vector<std::string>& examples);

// MakeApplication makes what a command does, once it is known as whom the program connects.
using MakeApplication = std::function<Result<std::unique_ptr<Application>>(const std::string& client_id)>;

// AddApplication gives an application that does something else beside what a command does, over its connection.
using AddApplication =
    std::function<std::unique_ptr<Application>(std::unique_ptr<Application> command, const std::string& client_id)>;

struct CommandLine {
    Options options;
    MakeApplication make;             // of the command that was given
    std::function<void()> otherwise;  // sets `make` where no subcommand did
    AddApplication beside;            // of an option of all commands
};

// Each adds a command. Where it is the one that is given, it sets `chosen.make`, in a callback of its subcommand; both
// outlive the command line. What does not fit together is thrown as CLI::ParseError.
void add_publish_subscribe(CLI::App& program, CommandLine& chosen);
void add_shadow(CLI::App& program, CommandLine& chosen);
void add_jobs(CLI::App& program, CommandLine& chosen);
void add_defender(CLI::App& program, CommandLine& chosen);
void add_defender_interval(CLI::App& program, CommandLine& chosen);

// parse_command_line gives an exit code instead when the program is to end at once, after a help text on standard
// output or a message on standard error.
std::variant<std::unique_ptr<CommandLine>, int> parse_command_line(int argc, char** argv);

}  // namespace trustx::mqtt
