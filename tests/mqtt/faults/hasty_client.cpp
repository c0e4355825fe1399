// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt with short waits, so that a test can break its connection hundreds of times in a minute: pings after a
// second, attempts after milliseconds. Everything else is the program's.
#include "commands/command_line.hpp"
#include "commands/run.hpp"
#include "common/io/program_start.hpp"

#include <cstdio>
#include <exception>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

using namespace trustx::mqtt;
using std::chrono::milliseconds;

int main(int argc, char** argv) {
    trustx::io::start_program();
    try {
        auto parsed = parse_command_line(argc, argv);
        if (const auto* code = std::get_if<int>(&parsed)) {
            return *code;
        }
        auto& command = *std::get<std::unique_ptr<CommandLine>>(parsed);
        spdlog::set_default_logger(spdlog::stderr_logger_mt("hasty_client"));
        command.options.keep_alive = std::chrono::seconds{1};
        return run_session(command,
                           {.backoff = {.base = milliseconds{20}, .cap = milliseconds{200}, .floor = milliseconds{5}},
                            .credit = {.interval = milliseconds{1}, .burst = 1000}});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hasty_client: %s\n", error.what());
        return 1;
    }
}
