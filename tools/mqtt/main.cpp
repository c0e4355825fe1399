// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt: publishes and receives over mutual TLS with Paho and a key in the chip. Nothing here knows the chip:
// key and certificate come through OpenSSL, so the same lines work in any program that uses Paho.
#include "commands/command_line.hpp"
#include "commands/run.hpp"
#include "common/io/program_start.hpp"
#include "common/text/printable.hpp"
#include "service/journal.hpp"
#include "service/text_sink.hpp"
#include "session/exit_code.hpp"

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace {

using namespace trustx::mqtt;

bool logs_to_journal(LogTo wanted) {
    return wanted == LogTo::journal || (wanted == LogTo::automatic && is_journal(STDERR_FILENO) && journal_listens());
}

void set_up_logging(const Options& options) {
    auto sink = logs_to_journal(options.log) ? journal_sink(send_to_journal) : text_sink(STDERR_FILENO);
    auto logger = std::make_shared<spdlog::logger>("trustx-mqtt", std::move(sink));
    logger->set_level(options.verbose ? spdlog::level::debug
                      : options.quiet ? spdlog::level::err
                                      : spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace

int main(int argc, char** argv) {
    trustx::io::start_program();
    try {
        const auto parsed = parse_command_line(argc, argv);
        if (const auto* code = std::get_if<int>(&parsed)) {
            return *code;
        }
        const auto& command = *std::get<std::unique_ptr<CommandLine>>(parsed);
        set_up_logging(command.options);
        return run_session(command);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "trustx-mqtt: %s\n", trustx::text::printable(error.what()).c_str());
        return static_cast<int>(ExitCode::failed);
    }
}
