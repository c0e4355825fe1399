// SPDX-License-Identifier: Apache-2.0
// Programs as tests run them: with arguments, environment, input and always a deadline; nothing is left running.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace trustx::test {

using Milliseconds = std::chrono::milliseconds;

// patience is a duration for waits that should never run out, stretched in sanitizer builds.
Milliseconds patience(Milliseconds usual = std::chrono::seconds(20));

struct ProcessOptions {
    // Each has an initialiser, so that a designated one may leave it out.
    std::map<std::string, std::string> environment{};  // added to ours
    std::vector<std::string> without_environment{};    // taken out of ours
    std::optional<std::string> input{};                // standard input; /dev/null when absent
    std::filesystem::path directory{};                 // working directory; ours when empty
};

struct Outcome {
    int status = -1;  // exit status, or 128 + signal as a shell reports it
    std::string out;
    std::string err;
    bool timed_out = false;  // killed at the deadline

    [[nodiscard]] bool ok() const { return status == 0 && !timed_out; }
    // both is everything said, for INFO and CAPTURE.
    [[nodiscard]] std::string both() const;
};

// Process is a running program in its own process group. Its output is collected while it runs. The destructor
// ends the group (SIGTERM, after two seconds SIGKILL) and reaps it; it also dies with the thread that started it.
class Process {
 public:
    // Throws std::runtime_error when the program cannot be started. A name without slash is searched in PATH.
    Process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const ProcessOptions& options = {});
    ~Process();
    Process(Process&&) noexcept;
    Process& operator=(Process&&) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] bool running() const;
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

    // wait_for_line returns the first complete line on standard output (or standard error) that contains the text.
    // Throws std::runtime_error with all output when the program ends or the deadline passes first.
    std::string wait_for_line(std::string_view text, Milliseconds deadline = patience());
    std::string wait_for_error_line(std::string_view text, Milliseconds deadline = patience());

    // wait returns when the program has ended; at the deadline it is killed and the outcome says so.
    Outcome wait(Milliseconds deadline = patience());
    // terminate sends SIGTERM and waits; kill9 sends SIGKILL and waits.
    Outcome terminate(Milliseconds deadline = patience());
    Outcome kill9();
    void signal(int number);

 private:
    class State;
    std::unique_ptr<State> state_;
};

// run runs a program to its end.
Outcome run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const ProcessOptions& options = {}, Milliseconds deadline = patience(std::chrono::seconds(60)));

// wait_for_socket returns when something accepts connections on a UNIX socket; false at the deadline.
bool wait_for_socket(const std::filesystem::path& path, Milliseconds deadline = patience());

}  // namespace trustx::test
