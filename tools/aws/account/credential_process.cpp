// SPDX-License-Identifier: Apache-2.0
#include "aws/account/credential_process.hpp"

#include "aws/account/json_member.hpp"
#include "common/io/unique_fd.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trustx::aws {
namespace {

constexpr std::size_t longest_output = std::size_t{64} * 1024;
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

// SpawnPlan says how the child starts: nothing to read, two pipes to write to, a process group of its own, and no
// signal blocked.
class SpawnPlan {
 public:
    SpawnPlan(int out, int err) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
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
    [[nodiscard]] int spawn(std::vector<std::string>& words, pid_t& child) const {
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

// ending says how a process ended; empty: well.
std::string ending(int status) {
    if (WIFSIGNALED(status)) {
        return "it was ended by signal " + std::to_string(WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? "" : "it ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string first_line(std::string_view text) {
    return std::string{text.substr(0, text.find('\n'))};
}

tl::unexpected<Error> fail_process(const std::string& program, const std::string& why, std::string_view complaint) {
    return fail(AccountErrc::process_failed, "the credential_process " + program + ": " + why +
                                                 (complaint.empty() ? "" : " (" + first_line(complaint) + ")") +
                                                 "; run it by hand to see why");
}

// Splitter takes a command line apart by the rules of POSIX for words and quotes.
class Splitter {
 public:
    bool run(std::string_view command) {
        for (const char letter : command) {
            take(letter);
        }
        end_word();
        return quote_ == '\0' && !escaped_;
    }
    std::vector<std::string> words{};

 private:
    void take(char letter) {
        if (escaped_) {
            add(letter);
            escaped_ = false;
        } else if (letter == '\\' && quote_ != '\'') {
            escaped_ = true;
        } else if (quote_ != '\0') {
            letter == quote_ ? static_cast<void>(quote_ = '\0') : add(letter);
        } else if (letter == '"' || letter == '\'') {
            quote_ = letter;
            inside_ = true;
        } else if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
            end_word();
        } else {
            add(letter);
        }
    }
    void add(char letter) {
        word_.push_back(letter);
        inside_ = true;
    }
    void end_word() {
        if (inside_) {
            words.push_back(std::exchange(word_, {}));
        }
        inside_ = false;
    }

    std::string word_;
    char quote_ = '\0';
    bool escaped_ = false;
    bool inside_ = false;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
    Splitter splitter;
    if (!splitter.run(command) || splitter.words.empty()) {
        return fail(AccountErrc::configuration_malformed,
                    "credential_process is empty, or a quote in it is not closed; correct it in the profile");
    }
    return std::move(splitter.words);
}

Result<Credentials> parse_process_answer(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    const auto version = json.is_object() ? json.find("Version") : json.end();
    if (!json.is_object() || version == json.end() || *version != 1) {
        return fail(AccountErrc::process_failed, "its output is not JSON with \"Version\": 1");
    }
    const auto id = text_member(json, "AccessKeyId");
    const auto secret = text_member(json, "SecretAccessKey");
    if (id.empty() || secret.empty()) {
        return fail(AccountErrc::process_failed, "its output has no AccessKeyId or no SecretAccessKey");
    }
    Credentials credentials{.access_key_id = std::string{id},
                            .secret_access_key = SecretText{secret},
                            .session_token = SecretText{text_member(json, "SessionToken")}};
    credentials.account_id = text_member(json, "AccountId");
    if (const auto expiration = text_member(json, "Expiration"); !expiration.empty()) {
        credentials.expiration = text::parse_time(std::string{expiration});
        if (!credentials.expiration) {
            return fail(AccountErrc::process_failed, "the Expiration in its output is no time of ISO 8601");
        }
    }
    return credentials;
}

Result<Credentials> credentials_of_process(std::string_view command, const Clock& clock, const Deadline& deadline) {
    TRY(auto words, split_command(command));
    const auto program = words.front();
    TRY(auto out_pipe, make_pipe());
    TRY(auto err_pipe, make_pipe());
    pid_t pid = 0;
    const int failed = SpawnPlan{out_pipe.writing.get(), err_pipe.writing.get()}.spawn(words, pid);
    if (failed != 0) {
        return fail_process(program, errno_code(failed).message(), {});
    }
    Child child{pid};
    out_pipe.writing.reset();
    err_pipe.writing.reset();
    Stream out{std::move(out_pipe.reading), longest_output};
    Stream err{std::move(err_pipe.reading), longest_complaint};
    const bool complete = collect(out, err, clock, deadline);
    const auto status = complete ? child.wait(clock, deadline) : std::nullopt;
    if (!status) {
        return fail_process(program, "it did not end in time", view_of(err.content));
    }
    if (const auto how = ending(*status); !how.empty()) {
        return fail_process(program, how, view_of(err.content));
    }
    auto credentials = parse_process_answer(view_of(out.content));
    if (!credentials) {
        return fail_process(program, credentials.error().operation(), {});
    }
    return credentials;
}

}  // namespace trustx::aws
