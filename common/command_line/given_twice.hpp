// SPDX-License-Identifier: Apache-2.0
// What CLI11 says about an option that stands on a command line twice ("--out: At Most 1 required but received 2"), in
// plain words, for every program of the project.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace trustx::command_line {

inline bool takes_one(const CLI::Option& option) {
    return option.get_items_expected_max() <= 1 && option.get_multi_option_policy() == CLI::MultiOptionPolicy::Throw;
}

// given_twice names an option of a command, or of the subcommands that were chosen below it, that has more values than
// it takes; empty: none has.
inline std::string given_twice(const CLI::App& command) {
    for (const auto* option : command.get_options()) {
        if (takes_one(*option) && option->count() > 1) {
            return "`" + option->get_name() + "` is given " + std::to_string(option->count()) + " times; give it once";
        }
    }
    for (const auto* below : command.get_subcommands()) {
        if (auto found = given_twice(*below); !found.empty()) {
            return found;
        }
    }
    return {};
}

// what_is_wrong is what to say about an error of CLI11.
inline std::string what_is_wrong(const CLI::App& command, const CLI::ParseError& error) {
    auto twice = given_twice(command);
    return twice.empty() ? error.what() : twice;
}

}  // namespace trustx::command_line
