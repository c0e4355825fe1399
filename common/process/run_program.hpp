// SPDX-License-Identifier: Apache-2.0
// Another program that is run for what it prints: without a shell, with a deadline, and with a bound on its output.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trustx::process {

inline constexpr std::size_t longest_input = 4096;                     // bytes, which any pipe holds
inline constexpr std::size_t longest_output = std::size_t{64} * 1024;  // bytes; what comes after them is dropped

struct Command {
    std::vector<std::string> words;  // the program, looked for in PATH where it has no slash, and its arguments
    std::string input{};             // what it reads from standard input; at most longest_input bytes
};

enum class Ending : std::uint8_t { exited, by_signal, too_late };

struct Outcome {
    Ending ending = Ending::exited;
    int number = 0;           // the exit status, or the signal
    SecretBytes output{};     // standard output
    std::string complaint{};  // the first line of standard error, at most 300 bytes

    [[nodiscard]] bool good() const { return ending == Ending::exited && number == 0; }
    // text says how it ended, for people: "it ended with status 3 (no such key)".
    [[nodiscard]] std::string text() const;
};

// start_advice is what to do where a program could not be started: that is what errors of run_program are about, and an
// Error's own remedy for the same errno is about the chip's bus.
inline constexpr const char* start_advice = "name a program that is there and may be executed, by its path or in PATH";

// run_program waits for the end of the program, and for that of everything that holds its output. At the deadline it is
// killed with its children. Errors: the errno of what could not be started, without context.
Result<Outcome> run_program(const Command& command, const Clock& clock, const Deadline& deadline);

}  // namespace trustx::process
