// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include "cli/nearest.hpp"
#include "common/command_line/given_twice.hpp"
#include "common/command_line/whole_number.hpp"
#include "common/files/input_error.hpp"

#include <algorithm>
#include <concepts>

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

// Chosen is how far the command line led: the command, and its name from the program on.
struct Chosen {
    const CLI::App* command;
    std::string name;
};

Chosen chosen_command(const CLI::App& program) {
    Chosen chosen{.command = &program, .name = program.get_name()};
    while (!chosen.command->get_subcommands().empty()) {
        chosen.command = chosen.command->get_subcommands().front();
        chosen.name += " " + chosen.command->get_name();
    }
    return chosen;
}

// subcommands_of lists those below a command, "show", and with `all` those below these, too: "metadata show".
std::vector<std::string> subcommands_of(const CLI::App& command, bool all) {
    std::vector<std::string> names;
    for (const auto* below : command.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(below->get_name());
        for (const auto& name : all ? subcommands_of(*below, all) : std::vector<std::string>{}) {
            names.push_back(below->get_name() + " " + name);
        }
    }
    return names;
}

std::vector<std::string> options_of(const Chosen& chosen, const CLI::App& program) {
    std::vector<std::string> names;
    for (const auto* app : {chosen.command, &program}) {
        for (const auto* option : app->get_options()) {
            for (const auto& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

// wrong_subcommand says what was meant: a name that was mistyped, or one that belongs below another command.
std::string wrong_subcommand(const std::string& word, const Chosen& chosen) {
    auto meant = did_you_mean(word, subcommands_of(*chosen.command, false));
    const auto all = subcommands_of(*chosen.command, true);
    const auto deeper = std::ranges::find_if(all, [&](const std::string& name) { return name.ends_with(" " + word); });
    if (meant.empty() && deeper != all.end()) {
        meant = "; did you mean `" + *deeper + "`?";
    }
    return "`" + chosen.name + "` has no subcommand `" + word + "`" + meant;
}

// mistake says what is wrong with the command line. A word that has no meaning is named before anything that it may
// have been the reason of, such as an argument that is missing.
std::string mistake(const CLI::App& program, const Chosen& chosen, const CLI::ParseError& error) {
    const auto left = program.remaining(true);
    const auto option = std::ranges::find_if(left, [](const std::string& word) { return word.starts_with("-"); });
    if (option != left.end()) {
        const auto name = option->substr(0, option->find('='));
        const auto known = options_of(chosen, program);
        if (std::ranges::find(known, name) != known.end()) {
            return "`" + name + "` stands in the wrong place: it belongs behind `" + chosen.name +
                   "`, and before any `--`";
        }
        return "`" + chosen.name + "` has no option `" + name + "`" + did_you_mean(name, known);
    }
    const bool wants_subcommand = !subcommands_of(*chosen.command, false).empty();
    if (!left.empty() && wants_subcommand) {
        return wrong_subcommand(left.front(), chosen);
    }
    return left.empty() ? command_line::what_is_wrong(program, error)
                        : "`" + chosen.name + "` does not take `" + left.front() + "` as well";
}

constexpr const char* is_not_empty = "is not empty";

template <typename T>
struct Plain {
    using Type = T;
};
template <typename T>
struct Plain<std::optional<T>> {
    using Type = T;
};

// An empty name would count as none: `--service "$name"` without a name would mean every program of the machine.
CLI::Option& declare(CLI::App& app, const std::string& names, Command::Value value, const std::string& help) {
    auto& option = *std::visit([&](auto target) { return app.add_option(names, target.get(), help); }, value);
    std::visit(
        [&option]<typename Target>(std::reference_wrapper<Target>) {
            if constexpr (std::integral<typename Plain<Target>::Type>) {
                option.transform(command_line::whole_number<typename Plain<Target>::Type>());
            }
        },
        value);
    if (std::holds_alternative<std::reference_wrapper<std::string>>(value)) {
        const auto check = [](const std::string& given) { return given.empty() ? "needs a name or value" : ""; };
        option.check(CLI::Validator{check, "", is_not_empty});
    }
    return option;
}

// A command that stands alone has options for that. CLI11 takes them in front of a subcommand and behind it, too, where
// they would have no effect.
void refuse_own_options(const CLI::App& command) {
    for (const auto* option : command.get_options()) {
        if (option->count() > 0) {
            const auto& chosen = command.get_subcommands().front()->get_name();
            throw CLI::ValidationError{"`" + chosen + "` has no option `" + option->get_name() + "`: it is one of `" +
                                       command.get_name() + "` without a subcommand"};
        }
    }
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

const Option& Option::may_be_empty() const {
    option_->get_validator(is_not_empty)->active(false);
    return *this;
}

const Option& Option::one_of(std::initializer_list<std::string> values) const {
    std::string choice;
    for (const auto& value : values) {
        choice += (choice.empty() ? "" : "|") + value;
    }
    option_->type_name(choice);
    option_->check(CLI::IsMember(std::vector<std::string>{values}).description(""));
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
    auto& flag = *app_->add_flag(names, value, help);
    const auto set =
        CLI::Validator{[](const std::string& given) { return given == "true" ? "" : "takes no value"; }, ""};
    flag.check(set);
    return Option{flag};
}

Option Command::argument(const std::string& name, Value value, const std::string& help) {
    return Option{declare(*app_, name, value, help)};
}

void Command::on_run(Task task) {
    app_->callback([task = std::move(task), chosen = task_, app = app_] {
        if (app->get_subcommands().empty()) {
            *chosen = task;
        } else {
            refuse_own_options(*app);
        }
    });
}

void Command::may_stand_alone() {
    app_->require_subcommand(0, 1);
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
        const auto chosen = chosen_command(*app_);
        return fail(InputErrc::usage, mistake(*app_, chosen, error) + " (see `" + chosen.name + " --help`)");
    }
}

}  // namespace trustx::cli
