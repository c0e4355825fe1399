// SPDX-License-Identifier: Apache-2.0
// What trustx-mqtt makes of a command line, without running it.
#pragma once

#include "commands/command_line.hpp"
#include "support/catch.hpp"

#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace trustx::test {

struct ParsedWords {
    std::variant<std::unique_ptr<mqtt::CommandLine>, int> result;
    std::string said;     // on standard error
    std::string printed;  // on standard output

    // options are those of a command line that is accepted, code the exit code of one that is not.
    [[nodiscard]] const mqtt::Options& options() const {
        INFO(said);
        REQUIRE(std::holds_alternative<std::unique_ptr<mqtt::CommandLine>>(result));
        return std::get<std::unique_ptr<mqtt::CommandLine>>(result)->options;
    }
    [[nodiscard]] int code() const {
        REQUIRE(std::holds_alternative<int>(result));
        return std::get<int>(result);
    }
};

inline ParsedWords parse_words(std::vector<std::string> words) {
    std::string program{"trustx-mqtt"};
    std::vector<char*> pointers{program.data()};
    for (auto& word : words) {
        pointers.push_back(word.data());
    }
    std::ostringstream said;
    std::ostringstream printed;
    auto* before = std::cerr.rdbuf(said.rdbuf());
    auto* output = std::cout.rdbuf(printed.rdbuf());
    auto parsed = mqtt::parse_command_line(static_cast<int>(pointers.size()), pointers.data());
    std::cerr.rdbuf(before);
    std::cout.rdbuf(output);
    return {.result = std::move(parsed), .said = said.str(), .printed = printed.str()};
}

inline std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace trustx::test
