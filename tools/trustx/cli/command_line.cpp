// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include "common/files/input_error.hpp"

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

// HelpFormatter prints placeholders as given, where CLI11 would add types and defaults.
class HelpFormatter final : public CLI::Formatter {
 public:
    HelpFormatter() { column_width(28); }
    std::string make_option_opts(const CLI::Option* option) const override {
        return option->get_positional() || option->get_type_size() == 0 ? std::string{} : " " + option->get_type_name();
    }
};

std::string chosen_command(const CLI::App& program) {
    std::string name = program.get_name();
    for (const auto* app = &program; !app->get_subcommands().empty();) {
        app = app->get_subcommands().front();
        name += " " + app->get_name();
    }
    return name;
}

CLI::Option& declare(CLI::App& app, const std::string& names, Command::Value value, const std::string& help) {
    return *std::visit([&](auto target) { return app.add_option(names, target.get(), help); }, value);
}

}  // namespace

const Option& Option::required() const {
    option_->required();
    return *this;
}

const Option& Option::excludes(const Option& other) const {
    option_->excludes(other.option_);
    return *this;
}

const Option& Option::one_of(std::initializer_list<std::string> values) const {
    option_->check(CLI::IsMember(std::vector<std::string>{values}));
    return *this;
}

Command Command::subcommand(const std::string& name, const std::string& description, const std::string& notes) {
    app_->require_subcommand(1);
    auto* command = app_->add_subcommand(name, description);
    command->footer(notes);
    return Command{*command, *task_};
}

Option Command::option(const std::string& names, Value value, const std::string& help, const std::string& placeholder) {
    auto& option = declare(*app_, names, value, help);
    option.type_name(placeholder);
    return Option{option};
}

Option Command::flag(const std::string& names, bool& value, const std::string& help) {
    return Option{*app_->add_flag(names, value, help)};
}

Option Command::argument(const std::string& name, Value value, const std::string& help) {
    return Option{declare(*app_, name, value, help)};
}

void Command::on_run(Task task) {
    app_->callback([task = std::move(task), chosen = task_] { *chosen = task; });
}

CommandLine::CommandLine(const std::string& name, const std::string& description, const std::string& notes)
    : app_{std::make_unique<CLI::App>(description, name)} {
    app_->formatter(std::make_shared<HelpFormatter>());
    app_->footer(notes);
    app_->fallthrough();  // `trustx info --device D` is the same as `trustx --device D info`
}

CommandLine::~CommandLine() = default;

Command CommandLine::program() {
    return Command{*app_, task_};
}

void CommandLine::add_version_and_help(const std::string& version) {
    app_->set_version_flag("--version", version, "Print the version and exit");
    app_->set_help_flag("-h,--help", "Print this help and exit");
}

Result<std::variant<Task, std::string>> CommandLine::parse(int argc, const char* const* argv) {
    try {
        app_->parse(argc, argv);
        return task_;
    } catch (const CLI::CallForVersion& version) {
        return std::string{version.what()} + "\n";
    } catch (const CLI::CallForHelp&) {
        return app_->help();
    } catch (const CLI::ParseError& error) {
        return fail(InputErrc::usage, std::string{error.what()} + "\nTry `" + chosen_command(*app_) + " --help`.");
    }
}

}  // namespace trustx::cli
