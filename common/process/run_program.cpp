// SPDX-License-Identifier: Apache-2.0
#include "common/process/run_program.hpp"

#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trustx::process {
namespace {

constexpr std::size_t longest_complaint = 300;

struct Pipe {
    UniqueFd reading;
    UniqueFd writing;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(errno_code(), "make a pipe");
    }
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

// SpawnPlan says how the child starts: pipes to read from and to write to, a process group of its own, and no signal
// blocked.
class SpawnPlan {
 public:
    SpawnPlan(int in, int out, int err) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    // spawn gives 0 or an errno.
    [[nodiscard]] int spawn(std::vector<std::string> words, pid_t& child) const {
        std::vector<char*> arguments;
        std::transform(words.begin(), words.end(), std::back_inserter(arguments),
                       [](std::string& word) { return word.data(); });
        arguments.push_back(nullptr);
        return ::posix_spawnp(&child, arguments[0], &actions_, &attributes_, arguments.data(), environ);
    }

 private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Child is a running process and its group, which does not outlive it.
class Child {
 public:
    explicit Child(pid_t pid) : pid_{pid} {}
    ~Child() {
        if (pid_ > 0) {
            kill_and_reap();
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // status is that of waitpid(2), once the process has ended; nothing at the deadline.
    std::optional<int> wait(const Clock& clock, const Deadline& deadline) {
        int status = 0;
        for (;;) {
            const auto reaped = ::waitpid(pid_, &status, WNOHANG);
            if (reaped != 0 && !(reaped < 0 && errno == EINTR)) {
                pid_ = 0;
                return status;
            }
            if (deadline.passed(clock)) {
                return std::nullopt;
            }
            ::poll(nullptr, 0, 5);
        }
    }

 private:
    void kill_and_reap() {
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
    }

    pid_t pid_;
};

// Stream collects what comes through a pipe, up to a limit; the rest is read and dropped.
struct Stream {
    UniqueFd reading;
    std::size_t limit;
    SecretBytes content{};

    // take reads once, and closes the pipe at its end.
    void take() {
        std::array<std::uint8_t, 4096> buffer{};
        const auto count = ::read(reading.get(), buffer.data(), buffer.size());
        if (count > 0) {
            const auto room = std::min(limit - content.size(), static_cast<std::size_t>(count));
            content.insert(content.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(room));
        } else if (count == 0 || errno != EINTR) {
            reading.reset();
        }
        wipe(buffer.data(), buffer.size());
    }
};

int poll_time(const Clock& clock, const Deadline& deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(clock)).count();
    return static_cast<int>(std::min<std::chrono::milliseconds::rep>(left, 1000));
}

// collect reads both streams to their ends; false at the deadline.
bool collect(Stream& out, Stream& err, const Clock& clock, const Deadline& deadline) {
    while (out.reading || err.reading) {
        std::array<pollfd, 2> polled{
            {{.fd = out.reading.get(), .events = POLLIN, .revents = 0},
             {.fd = err.reading.get(), .events = POLLIN, .revents = 0}}};  // poll(2) passes over -1
        ::poll(polled.data(), polled.size(), poll_time(clock, deadline));
        if (polled[0].revents != 0) {
            out.take();
        }
        if (polled[1].revents != 0) {
            err.take();
        }
        if (deadline.passed(clock)) {
            return false;
        }
    }
    return true;
}

// input_pipe has the whole input in it, and its end.
Result<UniqueFd> input_pipe(const std::string& input) {
    if (input.size() > longest_input) {
        return fail(errno_code(EMSGSIZE), "give a program its input");
    }
    TRY(auto pipe, make_pipe());
    if (const auto failed = io::write_all(pipe.writing.get(), text::as_bytes(input))) {
        return fail(failed, "give a program its input");
    }
    return std::move(pipe.reading);
}

Outcome outcome_of(std::optional<int> status) {
    if (!status) {
        return {.ending = Ending::too_late};
    }
    return WIFSIGNALED(*status) ? Outcome{.ending = Ending::by_signal, .number = WTERMSIG(*status)}
                                : Outcome{.number = WEXITSTATUS(*status)};
}

std::string ending_text(const Outcome& outcome) {
    switch (outcome.ending) {
        case Ending::too_late:
            return "it did not end in time";
        case Ending::by_signal:
            return "it was ended by signal " + std::to_string(outcome.number);
        case Ending::exited:
            break;
    }
    return "it ended with status " + std::to_string(outcome.number);
}

}  // namespace

std::string Outcome::text() const {
    return ending_text(*this) + (complaint.empty() ? "" : " (" + complaint + ")");
}

Result<Outcome> run_program(const Command& command, const Clock& clock, const Deadline& deadline) {
    TRY(const auto in, input_pipe(command.input));
    TRY(auto out_pipe, make_pipe());
    TRY(auto err_pipe, make_pipe());
    pid_t pid = 0;
    const SpawnPlan plan{in.get(), out_pipe.writing.get(), err_pipe.writing.get()};
    if (const int failed = plan.spawn(command.words, pid); failed != 0) {
        return fail(errno_code(failed));
    }
    Child child{pid};
    out_pipe.writing.reset();
    err_pipe.writing.reset();
    Stream out{std::move(out_pipe.reading), longest_output};
    Stream err{std::move(err_pipe.reading), longest_complaint};
    const bool complete = collect(out, err, clock, deadline);
    auto outcome = outcome_of(complete ? child.wait(clock, deadline) : std::nullopt);
    outcome.output = std::move(out.content);
    const auto complaint = text::as_text(err.content);
    outcome.complaint = complaint.substr(0, complaint.find('\n'));
    return outcome;
}

}  // namespace trustx::process
