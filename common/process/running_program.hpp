// SPDX-License-Identifier: Apache-2.0
// Another program that runs while its starter goes on: without a shell, in a process group of its own, with its output
// as descriptors to be polled and bounded in size. run_program.hpp waits for one.
#pragma once

#include "common/files/memory_file.hpp"
#include "common/io/unique_fd.hpp"

#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace trustx::process {

inline constexpr std::size_t longest_output = std::size_t{64} * 1024;  // bytes; what comes after them is dropped
// How long the output of a program that has ended is waited for: what it has left behind may hold it without end.
inline constexpr std::chrono::seconds output_after_end{2};

struct Command {
    std::vector<std::string> words;          // the program, looked for in PATH where it has no slash, and its arguments
    std::string input{};                     // what it reads from standard input
    std::vector<std::string> environment{};  // NAME=VALUE, in place of ours with that name
    int held = -1;                           // a descriptor that it holds open, as its descriptor 3; -1: none
};

// unknown: somebody else has waited for it, or the system was told to forget it (SIGCHLD ignored).
enum class Ending : std::uint8_t { exited, by_signal, too_late, unknown };

struct Outcome {
    Ending ending = Ending::exited;
    int number = 0;           // the exit status, or the signal
    SecretBytes output{};     // standard output
    std::string complaint{};  // the first line of standard error, at most 300 bytes

    [[nodiscard]] bool good() const { return ending == Ending::exited && number == 0; }
    // text says how it ended, for people: "it ended with status 3 (no such key)".
    [[nodiscard]] std::string text() const;
};

// RunningProgram is killed with its group when it is destroyed before its end.
class RunningProgram {
 public:
    // start: errors are the errno of what could not be started, without context.
    static Result<RunningProgram> start(const Command& command);

    RunningProgram(RunningProgram&& other) noexcept;
    RunningProgram& operator=(RunningProgram&& other) = delete;
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;
    ~RunningProgram();

    // descriptors are to be polled for reading: its output, and its end. None: all that held its output has ended, and
    // so will it.
    [[nodiscard]] std::vector<int> descriptors() const;
    // readable reads once from a descriptor that poll(2) found ready.
    void readable(int fd);

    // take_output gives what came through standard output since the last call.
    SecretBytes take_output();

    // gone: it has ended; what it started may still hold its output. How long that is waited for is for the caller.
    [[nodiscard]] bool gone();
    // ended is how it ended, once everything that held its output has, too; the output is what was not taken.
    std::optional<Outcome> ended();
    // outcome_now is what there is of it at the caller's deadline: how it ended, or that it was too late.
    Outcome outcome_now();

    // signal sends a signal to the whole group.
    void signal(int number) const;

 private:
    // Stream collects what comes through a pipe, up to a limit; the rest is read and dropped.
    struct Stream {
        UniqueFd reading;
        std::size_t limit;
        SecretBytes content{};

        void take();
    };

    RunningProgram(pid_t pid, files::MemoryFile input, UniqueFd out, UniqueFd err);
    [[nodiscard]] Outcome with_output(Outcome outcome);

    pid_t pid_;                     // 0: it has ended
    UniqueFd end_;                  // readable then; none: it has ended, or the kernel does not tell
    std::optional<Outcome> ended_;  // without its output
    files::MemoryFile input_;
    Stream out_;
    Stream err_;
};

}  // namespace trustx::process
