// SPDX-License-Identifier: Apache-2.0
// Programs that are run for their output, and programs that run beside their starter.
#include "support/process.hpp"

#include "common/process/run_program.hpp"
#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

using namespace trustx;
using namespace trustx::process;
using namespace std::chrono_literals;

namespace {

SystemClock system_clock;

Outcome shell(const std::string& script, Command command = {}, Duration allowed = test::patience()) {
    command.words = {"/bin/sh", "-c", script};
    return run_program(command, system_clock, Deadline::after(system_clock, allowed)).value();
}

std::string output_of(const Outcome& outcome) {
    return std::string{text::as_text(outcome.output)};
}

}  // namespace

TEST_CASE("a program gets input of any size, and its output is bounded", "[run_program]") {
    const std::string input(std::size_t{300} * 1024, 'x');
    CHECK(output_of(shell("wc -c", {.words = {}, .input = input})) == "307200\n");
    CHECK(output_of(shell("cat", {.words = {}, .input = input})).size() == longest_output);
    CHECK(output_of(shell("echo done")) == "done\n");  // reads nothing
}

TEST_CASE("how a program ended is told", "[run_program]") {
    const auto refused = shell("echo no such key >&2; echo more >&2; exit 3");
    CHECK_FALSE(refused.good());
    CHECK(refused.number == 3);
    CHECK(refused.complaint == "no such key");
    const auto killed = shell("kill -9 $$");
    CHECK(killed.ending == Ending::by_signal);
    CHECK(killed.number == SIGKILL);
    CHECK_FALSE(run_program({.words = {"/no/such/program"}}, system_clock, Deadline::after(system_clock, 10s)));
}

TEST_CASE("a program that does not end is killed with its children", "[run_program]") {
    const test::TempDir directory;
    const auto mark = (directory / "mark").string();
    // The lock on descriptor 3 tells whether anybody of it is alive.
    const int held = ::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(held, LOCK_EX) == 0);
    const auto outcome = shell("sleep 1000 & sleep 1000", {.words = {}, .held = held}, 300ms);
    CHECK(outcome.ending == Ending::too_late);
    ::close(held);
    const int other = ::open(mark.c_str(), O_RDWR | O_CLOEXEC);
    CHECK(::flock(other, LOCK_EX) == 0);  // waits for the last of them
    ::close(other);
}

TEST_CASE("a descriptor that is held keeps its lock until the program ends", "[run_program]") {
    const test::TempDir directory;
    const auto mark = (directory / "mark").string();
    int held = ::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(held, LOCK_EX) == 0);
    auto program = RunningProgram::start({.words = {"sleep", "1000"}, .held = held});
    REQUIRE(program);
    ::close(held);
    const int other = ::open(mark.c_str(), O_RDWR | O_CLOEXEC);
    CHECK(::flock(other, LOCK_EX | LOCK_NB) != 0);
    program->signal(SIGTERM);
    CHECK(::flock(other, LOCK_EX) == 0);
    ::close(other);
}

TEST_CASE("a setting replaces ours with that name, and no other", "[run_program]") {
    const auto outcome = shell("echo $TRUSTX_TEST_A-${PATH:+path}", {.words = {}, .environment = {"TRUSTX_TEST_A=1"}});
    CHECK(output_of(outcome) == "1-path\n");
    const auto replaced = shell("echo $HOME; env | grep -c ^HOME=", {.words = {}, .environment = {"HOME=/x"}});
    CHECK(output_of(replaced) == "/x\n1\n");
}

// A connection would live as long as anything that a program has left behind.
TEST_CASE("a program gets no descriptor but its own and the one that it holds", "[run_program]") {
    const int open = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open): as libraries do
    const int far = ::fcntl(open, F_DUPFD, 200);
    CHECK(output_of(shell("ls /proc/$$/fd; :")) == "0\n1\n2\n");
    CHECK(output_of(shell("ls /proc/$$/fd; :", {.words = {}, .held = open})) == "0\n1\n2\n3\n");
    ::close(far);
    ::close(open);
}

TEST_CASE("a program does not speak to the service manager in our place", "[run_program]") {
    ::setenv("NOTIFY_SOCKET", "/run/no/such/socket", 1);
    ::setenv("WATCHDOG_USEC", "1000000", 1);
    CHECK(output_of(shell("echo \"$NOTIFY_SOCKET$WATCHDOG_USEC\"")) == "\n");
    const auto given = shell("echo $NOTIFY_SOCKET", {.words = {}, .environment = {"NOTIFY_SOCKET=mine"}});
    CHECK(output_of(given) == "mine\n");
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("what a program leaves behind with its output does not change how it ended", "[run_program]") {
    const auto outcome = shell("echo said; sleep 1000 & echo $!");
    CHECK(outcome.good());
    const auto said = output_of(outcome);
    REQUIRE(said.starts_with("said\n"));
    CHECK(::kill(std::stoi(said.substr(said.find('\n'))), SIGKILL) == 0);
}

TEST_CASE("a program starts with the signals that it knows, whatever we ignore", "[run_program]") {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    CHECK(shell("kill -PIPE $$; echo survived").ending == Ending::by_signal);
    CHECK(std::signal(SIGPIPE, before) == SIG_IGN);
}

TEST_CASE("the end of a program that the system forgot is not a success", "[run_program]") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const auto outcome = shell("exit 0");
    CHECK(std::signal(SIGCHLD, before) == SIG_IGN);
    CHECK(outcome.ending == Ending::unknown);
    CHECK_FALSE(outcome.good());
}
