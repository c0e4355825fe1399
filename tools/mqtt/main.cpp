// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt: publishes and receives over mutual TLS with Paho and a key in the chip. Nothing here knows the chip:
// key and certificate come through OpenSSL, so the same lines work in any program that uses Paho.
#include "commands/command_line.hpp"
#include "commands/run.hpp"
#include "common/io/program_start.hpp"
#include "common/text/printable.hpp"
#include "service/journal.hpp"
#include "session/exit_code.hpp"

#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace {

using namespace trustx::mqtt;

// PrintableMessage is a message with what brokers and certificates say made printable.
class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& line) override {
        const auto text = trustx::text::printable({message.payload.data(), message.payload.size()});
        line.append(text.data(), text.data() + text.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<PrintableMessage>();
    }
};

// JournalPriority is the level as the journal reads it from the beginning of a line (sd-daemon(3)).
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& line) override {
        const std::string_view priority = message.level >= spdlog::level::err    ? "<3>"
                                          : message.level == spdlog::level::warn ? "<4>"
                                          : message.level == spdlog::level::info ? "<6>"
                                                                                 : "<7>";
        line.append(priority.data(), priority.data() + priority.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<JournalPriority>();
    }
};

std::shared_ptr<spdlog::sinks::sink> text_sink() {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    // The journal knows the program's name.
    formatter->add_flag<PrintableMessage>('*').add_flag<JournalPriority>('#').set_pattern(
        stderr_is_journal() ? "%#%*" : "%n: %*");
    sink->set_formatter(std::move(formatter));
    return sink;
}

bool logs_to_journal(LogTo wanted) {
    return wanted == LogTo::journal || (wanted == LogTo::automatic && stderr_is_journal() && journal_listens());
}

void set_up_logging(const Options& options) {
    auto sink = logs_to_journal(options.log) ? journal_sink(send_to_journal) : text_sink();
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
