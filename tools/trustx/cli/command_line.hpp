// SPDX-License-Identifier: Apache-2.0
// The command line: subcommands with their options, their help, and what the user chose. CLI11 does the work, and only
// command_line.cpp includes it: it is a large header.
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace trustx::cli {

struct Context;

// Task is what the user asked for.
using Task = std::function<Result<void>(const Context&)>;

// Option is a declared option, to add rules to it.
class Option {
 public:
    explicit Option(CLI::Option& option) : option_{&option} {}

    // required: without it the command line is refused.
    const Option& required() const;
    // may_be_empty: an empty text is a value, not a name that is missing.
    const Option& may_be_empty() const;
    // excludes: not together with the other.
    const Option& excludes(const Option& other) const;
    // one_of: the value is one of these, which help shows in place of the placeholder.
    const Option& one_of(std::initializer_list<std::string> values) const;

 private:
    CLI::Option* option_;
};

// Command is the program or a subcommand of it: a reference, to be copied. It lives as long as its CommandLine.
class Command {
 public:
    // Value is where an argument of the user's goes; it must outlive the CommandLine. What is not given stays as it is.
    using Value =
        std::variant<std::reference_wrapper<std::string>, std::reference_wrapper<std::vector<std::string>>,
                     std::reference_wrapper<std::optional<std::string>>, std::reference_wrapper<std::uint16_t>,
                     std::reference_wrapper<std::optional<std::uint16_t>>,
                     std::reference_wrapper<std::optional<std::int64_t>>,
                     std::reference_wrapper<std::optional<std::uint64_t>>, std::reference_wrapper<double>,
                     std::reference_wrapper<std::optional<double>>>;

    Command(CLI::App& app, Task& task) : app_{&app}, task_{&task} {}

    // subcommand declares one; from then on the user has to choose one. notes ends its --help: what to know, examples.
    [[nodiscard]] Command subcommand(const std::string& name, const std::string& description, const std::string& notes);

    // option declares "-o,--out" with a value, which help calls by its placeholder: "FILE".
    Option option(const std::string& names, Value value, const std::string& help, const std::string& placeholder);
    // flag declares an option without value.
    Option flag(const std::string& names, bool& value, const std::string& help);
    // argument declares the next one without dashes.
    Option argument(const std::string& name, Value value, const std::string& help);

    // on_run says what the command does, once the whole command line was parsed. Of a command with subcommands it is
    // what it does without one (may_stand_alone), and its own options are for that alone.
    void on_run(Task task);

    // may_stand_alone: a subcommand may be left out. After the last of them.
    void may_stand_alone();

 private:
    CLI::App* app_;
    Task* task_;
};

class CommandLine {
 public:
    // notes ends the program's --help, as in Command::subcommand.
    CommandLine(const std::string& name, const std::string& description, const std::string& notes);
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine();

    [[nodiscard]] Command program();

    // add_version_and_help declares --version and --help; before the first subcommand, so that each has --help, too.
    void add_version_and_help(const std::string& version);

    // parse gives the task that was asked for, or the text that --help or --version asks for. Error: InputErrc::usage.
    Result<std::variant<Task, std::string>> parse(int argc, const char* const* argv);

 private:
    std::unique_ptr<CLI::App> app_;
    Task task_;
};

}  // namespace trustx::cli
