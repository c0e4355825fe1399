// SPDX-License-Identifier: Apache-2.0
#include "commands/settings_file.hpp"

#include "common/command_line/given_twice.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <sys/stat.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace trustx::mqtt {

// Reader goes through the tables of one file.
class SettingsFile::Reader {
 public:
    Reader(std::string file, std::map<CLI::Option*, std::string>& places) : file_{std::move(file)}, places_{places} {}

    // read gives the values of a table to the options of a command. `title` names it in messages; `given`: it is the
    // one that is to be carried out.
    void read(const toml::table& table, CLI::App& command, const std::string& title, bool given) {
        for (const auto& [key, node] : table) {
            const std::string name{key.str()};
            if (const auto* below = node.as_table()) {
                read_table(*below, command, title, name, given);
            } else {
                read_value(node, option_of(command, title, name, node), name, given);
            }
        }
    }

 private:
    [[nodiscard]] std::string place(const toml::node& node) const {
        return file_ + ":" + std::to_string(std::max<std::uint32_t>(node.source().begin.line, 1)) + ": ";
    }

    [[noreturn]] void refuse(const toml::node& node, const std::string& why) const {
        throw CLI::ConfigError{place(node) + why, CLI::ExitCodes::ConfigError};
    }

    void read_table(const toml::table& table, CLI::App& command, const std::string& title, const std::string& name,
                    bool given) {
        try {
            auto& below = *command.get_subcommand(name);
            read(table, below, title + (title.empty() ? "" : " ") + name, given && below.parsed());
        } catch (const CLI::OptionNotFound&) {
            refuse(table, "there is no command " + name);
        }
    }

    // The command line takes precedence. Callbacks of options run later, as for the command line: in the order in which
    // the options are declared, whatever their order in the file is.
    void read_value(const toml::node& node, CLI::Option& option, const std::string& name, bool given) {
        auto values = values_for(node, option, name);
        if (given && option.empty() && !values.empty()) {
            option.add_result(std::move(values));
            places_.emplace(&option, place(node));
        }
    }

    [[nodiscard]] CLI::Option& option_of(CLI::App& command, const std::string& title, const std::string& name,
                                         const toml::node& node) const {
        auto* option = command.get_option_no_throw("--" + name);
        if (option == nullptr || !option->get_configurable()) {
            refuse(node, "there is no setting " + name + (title.empty() ? "" : " of `" + title + "`") +
                             "; settings are the long names of options, without the dashes");
        }
        return *option;
    }

    [[nodiscard]] std::vector<std::string> values_for(const toml::node& node, const CLI::Option& option,
                                                      const std::string& name) const {
        if (option.get_items_expected_max() == 0) {
            const auto on = node.value_exact<bool>();
            if (!on) {
                refuse(node, name + " is not true or false");
            }
            return *on ? std::vector<std::string>{"true"} : std::vector<std::string>{};
        }
        const auto* list = node.as_array();
        if (list == nullptr) {
            return {value_of(node, name)};
        }
        if (command_line::takes_one(option)) {
            refuse(node, name + " takes one value, not a list");
        }
        std::vector<std::string> values;
        for (const auto& item : *list) {
            values.push_back(value_of(item, name));
        }
        return values;
    }

    // A number with a fraction is refused: what is sent as text has its digits as they were written.
    [[nodiscard]] std::string value_of(const toml::node& node, const std::string& name) const {
        if (auto text = node.value_exact<std::string>()) {
            return *std::move(text);
        }
        const auto number = node.value_exact<std::int64_t>();
        if (!number) {
            refuse(node, name + " is neither a text in quotes nor a whole number");
        }
        return std::to_string(*number);
    }

    std::string file_;
    std::map<CLI::Option*, std::string>& places_;
};

std::vector<CLI::ConfigItem> SettingsFile::from_config(std::istream& input) const {
    const auto file = program_.get_config_ptr()->as<std::string>();
    struct stat found {};
    // Whoever writes it chooses keys and programs. The same rule as for a program that does jobs.
    if (::stat(file.c_str(), &found) == 0 && (found.st_mode & S_IWOTH) != 0) {
        throw CLI::ConfigError{file + ": everybody may write to it; chmod o-w", CLI::ExitCodes::ConfigError};
    }
    const auto parsed = toml::parse(input, file);
    if (!parsed) {
        const auto& error = parsed.error();
        throw CLI::ConfigError{
            file + ":" + std::to_string(error.source().begin.line) + ": not TOML: " + std::string{error.description()},
            CLI::ExitCodes::ConfigError};
    }
    Reader{file, places_}.read(parsed.table(), program_, "", true);
    return {};
}

std::string SettingsFile::mistake() const {
    for (const auto& [option, place] : places_) {
        try {
            option->run_callback();
        } catch (const CLI::ParseError& error) {
            return place + error.what();
        }
    }
    return {};
}

}  // namespace trustx::mqtt
