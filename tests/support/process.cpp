// SPDX-License-Identifier: Apache-2.0
// One thread per process collects its output, feeds its input and reaps it; everything else waits on a condition.
#include "process.hpp"

#include "build_tree.hpp"
#include "common/io/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trustx::test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::pair<UniqueFd, UniqueFd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail("pipe2");
    }
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// end_of is readable when the process has ended. valgrind 3.19 has no pidfd_open; there a thread waits, and leaves the
// reaping to the others.
UniqueFd end_of(pid_t pid) {
    UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (fd.get() >= 0 || errno != ENOSYS) {
        return fd;
    }
    auto [ended, running] = make_pipe();
    std::thread([pid, held = std::move(running)] {
        siginfo_t unused{};
        while (::waitid(P_PID, static_cast<id_t>(pid), &unused, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
        }
    }).detach();
    return std::move(ended);
}

void set_nonblocking(const UniqueFd& fd) {
    ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
}

std::vector<std::string> merged_environment(const ProcessOptions& options) {
    std::map<std::string, std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        merged[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
    }
    for (const auto& name : options.without_environment) {
        merged.erase(name);
    }
    for (const auto& [name, value] : options.environment) {
        merged[name] = value;
    }
    std::vector<std::string> entries;
    entries.reserve(merged.size());
    for (const auto& [name, value] : merged) {
        entries.push_back(name + "=" + value);
    }
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (auto& string : strings) {
        result.push_back(string.data());
    }
    result.push_back(nullptr);
    return result;
}

// What the child does between fork and exec; only calls that are safe after a fork of a threaded process.
struct ChildPlan {
    std::vector<char*> arguments;
    std::vector<char*> environment;
    const char* directory = nullptr;
    int in = -1;
    int out = -1;
    int err = -1;
    int failure = -1;
    pid_t parent = 0;

    [[noreturn]] void execute() const {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        const bool ready = ::getppid() == parent && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
                           ::dup2(err, STDERR_FILENO) >= 0 && (directory == nullptr || ::chdir(directory) == 0);
        if (ready) {
            ::execvpe(arguments[0], arguments.data(), environment.data());
        }
        const int reason = errno;
        [[maybe_unused]] const auto written = ::write(failure, &reason, sizeof reason);
        ::_exit(127);
    }
};

}  // namespace

Milliseconds patience(Milliseconds usual) {
    // An emulated machine is as slow as a program with sanitizers, and says so.
    return sanitized() || std::getenv("TRUSTX_TEST_SLOW") != nullptr ? usual * 5 : usual;
}

std::string Outcome::both() const {
    return "status " + std::to_string(status) + (timed_out ? " (killed at the deadline)" : "") + "\nout: " + out +
           "\nerr: " + err;
}

class Process::State {
 public:
    State(const std::filesystem::path& program, const std::vector<std::string>& arguments,
          const ProcessOptions& options);
    ~State() {
        if (running()) {
            signal(SIGTERM);
            if (!wait_until_ended(std::chrono::seconds(2))) {
                signal(SIGKILL);
            }
        }
        ::kill(-pid_, SIGKILL);  // whatever the program left behind in its group
        collector_.join();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const {
        if (running()) {
            ::kill(-pid_, number);
        }
    }
    [[nodiscard]] bool running() const {
        const std::lock_guard lock(mutex_);
        return !ended_;
    }
    [[nodiscard]] Outcome outcome() const {
        const std::lock_guard lock(mutex_);
        return {status_, out_, err_, false};
    }
    bool wait_until_ended(Milliseconds deadline) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [this] { return ended_; });
    }
    std::string wait_for_line_out(std::string_view text, Milliseconds deadline) {
        return wait_for_line(&State::out_, text, deadline);
    }
    std::string wait_for_line_err(std::string_view text, Milliseconds deadline) {
        return wait_for_line(&State::err_, text, deadline);
    }

 private:
    std::string wait_for_line(std::string State::*stream, std::string_view text, Milliseconds deadline);
    void start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const ProcessOptions& options);
    void collect();
    void feed();
    bool take(UniqueFd& fd, std::string State::*stream);
    void reap();
    static std::optional<std::string> find_line(const std::string& all, std::string_view text);

    std::string name_;
    pid_t pid_ = -1;
    UniqueFd pid_fd_, in_, out_fd_, err_fd_;
    std::string input_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string out_, err_;
    int status_ = -1;
    bool ended_ = false;
    std::thread collector_;
};

Process::State::State(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                      const ProcessOptions& options)
    : name_(program.string()), input_(options.input.value_or("")) {
    start(program, arguments, options);
    collector_ = std::thread([this] { collect(); });
}

void Process::State::start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           const ProcessOptions& options) {
    std::vector<std::string> argument_strings{program.string()};
    argument_strings.insert(argument_strings.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment_strings = merged_environment(options);
    const std::string directory = options.directory.string();

    auto [out_read, out_write] = make_pipe();
    auto [err_read, err_write] = make_pipe();
    auto [failure_read, failure_write] = make_pipe();
    UniqueFd in_read;
    if (options.input) {
        std::tie(in_read, in_) = make_pipe();
    } else {
        in_read = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }

    const ChildPlan plan{.arguments = pointers(argument_strings),
                         .environment = pointers(environment_strings),
                         .directory = directory.empty() ? nullptr : directory.c_str(),
                         .in = in_read.get(),
                         .out = out_write.get(),
                         .err = err_write.get(),
                         .failure = failure_write.get(),
                         .parent = ::getpid()};
    pid_ = ::fork();
    if (pid_ < 0) {
        fail("fork");
    }
    if (pid_ == 0) {
        plan.execute();
    }
    failure_write.reset();
    if (int reason = 0; ::read(failure_read.get(), &reason, sizeof reason) == sizeof reason) {
        ::waitpid(pid_, nullptr, 0);
        throw std::runtime_error("cannot run " + name_ + ": " + std::strerror(reason));
    }
    pid_fd_ = end_of(pid_);
    if (pid_fd_.get() < 0) {
        const int reason = errno;
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        errno = reason;
        fail("pidfd_open");
    }
    out_fd_ = std::move(out_read);
    err_fd_ = std::move(err_read);
    for (const UniqueFd* fd : {&out_fd_, &err_fd_, &in_}) {
        if (fd->get() >= 0) {
            set_nonblocking(*fd);
        }
    }
}

void Process::State::collect() {
    // A program that ended without reading its input must not end us: SIGPIPE goes to this thread only.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    if (input_.empty()) {
        in_.reset();
    }
    for (;;) {
        std::array<pollfd, 4> fds{{{pid_fd_.get(), POLLIN, 0},
                                   {out_fd_.get(), POLLIN, 0},
                                   {err_fd_.get(), POLLIN, 0},
                                   {in_.get(), POLLOUT, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) {
            break;
        }
        while (take(out_fd_, &State::out_)) {
        }
        while (take(err_fd_, &State::err_)) {
        }
        if (fds[3].revents != 0) {
            feed();
        }
        if (fds[0].revents != 0) {
            break;
        }
    }
    while (take(out_fd_, &State::out_)) {
    }
    while (take(err_fd_, &State::err_)) {
    }
    reap();
}

void Process::State::feed() {
    const auto written = ::write(in_.get(), input_.data(), input_.size());
    if (written > 0) {
        input_.erase(0, static_cast<std::size_t>(written));
    }
    if (input_.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) {
        in_.reset();
    }
}

bool Process::State::take(UniqueFd& fd, std::string State::*stream) {
    if (fd.get() < 0) {
        return false;
    }
    std::array<char, 4096> chunk{};
    const auto count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count == 0) {
        fd.reset();
    }
    if (count <= 0) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    (this->*stream).append(chunk.data(), static_cast<std::size_t>(count));
    changed_.notify_all();
    return true;
}

void Process::State::reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    const std::lock_guard lock(mutex_);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended_ = true;
    changed_.notify_all();
}

std::optional<std::string> Process::State::find_line(const std::string& all, std::string_view text) {
    std::size_t begin = 0;
    for (auto end = all.find('\n'); end != std::string::npos; begin = end + 1, end = all.find('\n', begin)) {
        std::string line = all.substr(begin, end - begin);
        if (line.find(text) != std::string::npos) {
            return line;
        }
    }
    return std::nullopt;
}

std::string Process::State::wait_for_line(std::string State::*stream, std::string_view text, Milliseconds deadline) {
    std::unique_lock lock(mutex_);
    std::optional<std::string> line;
    changed_.wait_for(lock, deadline, [&] {
        line = find_line(this->*stream, text);
        return line || ended_;
    });
    if (!line) {
        throw std::runtime_error(name_ + (ended_ ? " ended" : " still runs") + " without the line \"" +
                                 std::string(text) + "\"\nout: " + out_ + "\nerr: " + err_);
    }
    return *line;
}

Process::Process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                 const ProcessOptions& options)
    : state_(std::make_unique<State>(program, arguments, options)) {}
Process::~Process() = default;
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;

pid_t Process::pid() const {
    return state_->pid();
}

bool Process::running() const {
    return state_->running();
}

std::string Process::out() const {
    return state_->outcome().out;
}

std::string Process::err() const {
    return state_->outcome().err;
}

std::string Process::wait_for_line(std::string_view text, Milliseconds deadline) {
    return state_->wait_for_line_out(text, deadline);
}

std::string Process::wait_for_error_line(std::string_view text, Milliseconds deadline) {
    return state_->wait_for_line_err(text, deadline);
}

Outcome Process::wait(Milliseconds deadline) {
    const bool in_time = state_->wait_until_ended(deadline);
    if (!in_time) {
        state_->signal(SIGKILL);
        state_->wait_until_ended(patience());
    }
    Outcome outcome = state_->outcome();
    outcome.timed_out = !in_time;
    return outcome;
}

Outcome Process::terminate(Milliseconds deadline) {
    state_->signal(SIGTERM);
    return wait(deadline);
}

Outcome Process::kill9() {
    state_->signal(SIGKILL);
    return wait();
}

void Process::signal(int number) {
    state_->signal(number);
}

Outcome run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const ProcessOptions& options, Milliseconds deadline) {
    return Process(program, arguments, options).wait(deadline);
}

namespace {

bool accepts_connections(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path.string();
    if (name.size() >= sizeof address.sun_path) {
        throw std::runtime_error("too long for a UNIX socket: " + name);
    }
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

bool wait_for_socket(const std::filesystem::path& path, Milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (watch.get() < 0 || ::inotify_add_watch(watch.get(), path.parent_path().c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
        fail("inotify on " + path.parent_path().string());
    }
    while (!accepts_connections(path)) {
        const auto left = std::chrono::duration_cast<Milliseconds>(end - Clock::now());
        if (left <= Milliseconds::zero()) {
            return false;
        }
        // Between bind and listen a socket exists but refuses: look again soon even without an event.
        pollfd event{watch.get(), POLLIN, 0};
        ::poll(&event, 1, static_cast<int>(std::min(left, Milliseconds(20)).count()));
        std::array<char, 4096> events{};
        while (::read(watch.get(), events.data(), events.size()) > 0) {
        }
    }
    return true;
}

}  // namespace trustx::test
