// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt: publishes and receives over mutual TLS with Paho and a key in the chip. Nothing here knows the chip:
// key and certificate come through OpenSSL, so the same lines work in any program that uses Paho.
#include "advice.hpp"
#include "common/io/program_start.hpp"
#include "common/io/termination_signals.hpp"
#include "common/io/unique_fd.hpp"
#include "common/text/printable.hpp"
#include "connection/backoff.hpp"
#include "connection/certificate_source.hpp"
#include "connection/connection.hpp"
#include "connection/credentials.hpp"
#include "connection/events.hpp"
#include "connection/paho_trace.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "outbox.hpp"
#include "session.hpp"

#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

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

void set_up_logging(bool verbose) {
    auto logger = spdlog::stderr_logger_mt("trustx-mqtt");
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<PrintableMessage>('*').set_pattern("%n: %*");
    logger->set_formatter(std::move(formatter));
    logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

// Must run before Paho starts its threads: they inherit the blocked signals, so only the descriptor gets them.
trustx::UniqueFd take_over_signals() {
    auto signals = trustx::io::take_termination_signals();
    if (!signals) {
        throw std::system_error{signals.error(), "receive signals"};
    }
    return std::move(*signals);
}

int fail(const Error& error) {
    spdlog::error("{}", explain(error));
    return static_cast<int>(exit_code_of(error.cause));
}

Outbox make_outbox(const Options& options) {
    if (options.topic.empty()) {
        return Outbox::nothing();
    }
    return options.message ? Outbox::repeated(*options.message, options.repeat) : Outbox::lines(STDIN_FILENO);
}

std::string choose_client_id(const Options& options, const Credentials& credentials) {
    if (!options.client_id.empty()) {
        return options.client_id;
    }
    // The convention of AWS IoT: thing name, common name and client id are the same (aws-iot.md section 2).
    return credentials.common_name.empty() ? "trustx-mqtt-" + std::to_string(::getpid()) : credentials.common_name;
}

int run(const Options& options) {
    set_up_logging(options.verbose);
    const auto signals = take_over_signals();

    const auto certificate = CertificateFile::open(options.certificate);
    if (!certificate) {
        return fail(certificate.error());
    }
    const auto credentials =
        check_credentials({options.key_file, certificate->path(), options.certificate, options.ca_file});
    if (!credentials) {
        return fail(credentials.error());
    }
    if (!credentials->warning.empty()) {
        spdlog::warn("{}", credentials->warning);
    }
    const Addressee broker{options.host, options.port, options.certificate, options.ca_file,
                           choose_client_id(options, *credentials)};

    paho_trace::start();
    EventQueue events;
    Connection connection{{.host = options.host,
                           .port = options.port,
                           .client_id = broker.client_id,
                           .ca_file = options.ca_file,
                           .certificate_file = certificate->path(),
                           .key_file = options.key_file,
                           .alpn = options.alpn,
                           .keep_alive = options.keep_alive,
                           .timeout = options.connect_timeout,
                           .persistent_session = options.persistent_session},
                          events};
    std::mt19937_64 generator{std::random_device{}()};
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    Backoff backoff{{}, [&] { return fraction(generator); }};
    auto outbox = make_outbox(options);
    Session session{{options, broker, certificate->path(), connection, events, outbox, backoff, stdout, signals.get()}};
    return static_cast<int>(session.run());
}

}  // namespace

int main(int argc, char** argv) {
    trustx::io::start_program();
    try {
        const auto options = parse_options(argc, argv);
        if (const auto* code = std::get_if<int>(&options)) {
            return *code;
        }
        return run(std::get<Options>(options));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "trustx-mqtt: %s\n", trustx::text::printable(error.what()).c_str());
        return static_cast<int>(ExitCode::failed);
    }
}
