// SPDX-License-Identifier: Apache-2.0
// Whole numbers on a command line are decimal, whatever CLI11 makes of them: it takes 010 for eight, -1 for the largest
// number and nothing for no number at all.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <string>

#include <CLI/CLI.hpp>

namespace trustx::command_line {

// whole_number demands a number of that type, of any number of digits, and hands it on without leading zeros. It goes
// to CLI::Option::transform.
template <std::integral Number>
CLI::Validator whole_number() {
    const auto read = [](std::string& given) -> std::string {
        Number number{};
        const char* const end = given.data() + given.size();
        const auto [stopped, error] = std::from_chars(given.data(), end, number);
        if (error != std::errc{} || stopped != end) {
            return "`" + given + "` is no whole number from " + std::to_string(std::numeric_limits<Number>::min()) +
                   " to " + std::to_string(std::numeric_limits<Number>::max());
        }
        given = std::to_string(number);
        return {};
    };
    return CLI::Validator{read, ""};
}

}  // namespace trustx::command_line
