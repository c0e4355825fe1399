// SPDX-License-Identifier: Apache-2.0
#include "common/process/running_program.hpp"

#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trustx::process {
namespace {

constexpr std::size_t longest_complaint = 300;
constexpr int held_number = 3;

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

std::string_view name_of(std::string_view setting) {
    return setting.substr(0, setting.find('='));
}

// What a service manager gives to the process that it has started, and to no other: a child that speaks there would
// speak for us (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)).
bool is_for_this_process(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                                    "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES"};
    return std::ranges::find(names, name) != names.end();
}

// environment_with is ours with some settings replaced or added.
std::vector<std::string> environment_with(const std::vector<std::string>& settings) {
    std::vector<std::string> all{settings};
    for (char** ours = environ; *ours != nullptr; ++ours) {
        const auto name = name_of(*ours);
        const bool replaced = std::ranges::any_of(settings, [name](const auto& one) { return name_of(one) == name; });
        if (!replaced && !is_for_this_process(name)) {
            all.emplace_back(*ours);
        }
    }
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    std::ranges::transform(texts, std::back_inserter(pointers), [](std::string& text) { return text.data(); });
    pointers.push_back(nullptr);
    return pointers;
}

// watch gives a descriptor that is readable once the process has ended (pidfd_open(2)); none where the kernel has no
// such thing.
UniqueFd watch(pid_t pid) {
    return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

// SpawnPlan says how the child starts: files to read from and to write to and no other that is open here, since not all
// libraries mark theirs as O_CLOEXEC and a connection lives as long as anybody has it open; a process group of its own,
// no signal blocked, and none ignored of those that our programs ignore.
class SpawnPlan {
 public:
    SpawnPlan(int in, int out, int err, int held) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
        if (held >= 0) {
            ::posix_spawn_file_actions_adddup2(&actions_, held, held_number);
        }
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, held >= 0 ? held_number + 1 : held_number);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t usual;
        sigemptyset(&usual);
        for (const int number : {SIGPIPE, SIGXFSZ, SIGCHLD}) {
            sigaddset(&usual, number);
        }
        ::posix_spawnattr_setsigdefault(&attributes_, &usual);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    // spawn gives 0 or an errno.
    [[nodiscard]] int spawn(const Command& command, pid_t& child) const {
        auto words = command.words;
        auto settings = environment_with(command.environment);
        const auto arguments = pointers_to(words);
        const auto environment = pointers_to(settings);
        return ::posix_spawnp(&child, arguments[0], &actions_, &attributes_, arguments.data(), environment.data());
    }

 private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

Outcome outcome_of(int status) {
    return WIFSIGNALED(status) ? Outcome{.ending = Ending::by_signal, .number = WTERMSIG(status)}
                               : Outcome{.number = WEXITSTATUS(status)};
}

std::string ending_text(const Outcome& outcome) {
    switch (outcome.ending) {
        case Ending::too_late:
            return "it did not end in time";
        case Ending::by_signal:
            return "it was ended by signal " + std::to_string(outcome.number);
        case Ending::unknown:
            return "how it ended is not known";
        case Ending::exited:
            break;
    }
    return "it ended with status " + std::to_string(outcome.number);
}

}  // namespace

std::string Outcome::text() const {
    return ending_text(*this) + (complaint.empty() ? "" : " (" + complaint + ")");
}

// take reads once, and closes the pipe at its end.
void RunningProgram::Stream::take() {
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

// A file and no pipe: it holds any input, and nobody waits for a program that does not read.
Result<RunningProgram> RunningProgram::start(const Command& command) {
    TRY(auto input, files::MemoryFile::create(text::as_bytes(command.input)));
    const UniqueFd in{::open(input.path().c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) {
        return fail(errno_code(), "give a program its input");
    }
    TRY(auto out, make_pipe());
    TRY(auto err, make_pipe());
    pid_t pid = 0;
    const SpawnPlan plan{in.get(), out.writing.get(), err.writing.get(), command.held};
    if (const int failed = plan.spawn(command, pid); failed != 0) {
        return fail(errno_code(failed));
    }
    return RunningProgram{pid, std::move(input), std::move(out.reading), std::move(err.reading)};
}

RunningProgram::RunningProgram(pid_t pid, files::MemoryFile input, UniqueFd out, UniqueFd err)
    : pid_{pid},
      end_{watch(pid)},
      input_{std::move(input)},
      out_{std::move(out), longest_output},
      err_{std::move(err), longest_complaint} {}

RunningProgram::RunningProgram(RunningProgram&& other) noexcept
    : pid_{std::exchange(other.pid_, 0)},
      end_{std::move(other.end_)},
      ended_{std::move(other.ended_)},
      input_{std::move(other.input_)},
      out_{std::move(other.out_)},
      err_{std::move(other.err_)} {}

RunningProgram::~RunningProgram() {
    if (pid_ > 0) {
        signal(SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

std::vector<int> RunningProgram::descriptors() const {
    std::vector<int> open;
    for (const auto* stream : {&out_, &err_}) {
        if (stream->reading) {
            open.push_back(stream->reading.get());
        }
    }
    if (end_) {
        open.push_back(end_.get());
    }
    return open;
}

void RunningProgram::readable(int fd) {
    for (auto* stream : {&out_, &err_}) {
        if (stream->reading && stream->reading.get() == fd) {
            stream->take();
        }
    }
}

SecretBytes RunningProgram::take_output() {
    return std::exchange(out_.content, {});
}

// The group is left alone once its first process is waited for: another may get its number.
bool RunningProgram::gone() {
    if (ended_) {
        return true;
    }
    int status = 0;
    const auto reaped = ::waitpid(pid_, &status, WNOHANG);
    if (reaped == 0 || (reaped < 0 && errno == EINTR)) {
        return false;
    }
    pid_ = 0;
    end_.reset();
    ended_ = reaped < 0 ? Outcome{.ending = Ending::unknown} : outcome_of(status);
    return true;
}

std::optional<Outcome> RunningProgram::ended() {
    const bool complete = gone() && !out_.reading && !err_.reading;
    return complete ? std::optional{outcome_now()} : std::nullopt;
}

Outcome RunningProgram::outcome_now() {
    return with_output(ended_.value_or(Outcome{.ending = Ending::too_late}));
}

Outcome RunningProgram::with_output(Outcome outcome) {
    outcome.output = take_output();
    const auto complaint = text::as_text(err_.content);
    outcome.complaint = complaint.substr(0, complaint.find('\n'));
    return outcome;
}

void RunningProgram::signal(int number) const {
    if (pid_ > 0) {
        ::kill(-pid_, number);
    }
}

}  // namespace trustx::process
