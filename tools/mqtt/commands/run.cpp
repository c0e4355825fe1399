// SPDX-License-Identifier: Apache-2.0
#include "commands/run.hpp"

#include "common/io/termination_signals.hpp"
#include "common/io/unique_fd.hpp"
#include "connection/backoff.hpp"
#include "connection/certificate_source.hpp"
#include "connection/connection.hpp"
#include "connection/credentials.hpp"
#include "connection/events.hpp"
#include "connection/paho_trace.hpp"
#include "session/advice.hpp"
#include "session/session.hpp"

#include <random>
#include <string>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

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

std::string choose_client_id(const Options& options, const Credentials& credentials) {
    if (!options.client_id.empty()) {
        return options.client_id;
    }
    // The convention of AWS IoT: thing name, common name and client id are the same (aws-iot.md section 2).
    return credentials.common_name.empty() ? "trustx-mqtt-" + std::to_string(::getpid()) : credentials.common_name;
}

}  // namespace

int run_session(const CommandLine& command) {
    const auto& options = command.options;
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
    const ConnectionSettings settings{.host = options.host,
                                      .port = options.port,
                                      .client_id = broker.client_id,
                                      .ca_file = options.ca_file,
                                      .certificate_file = certificate->path(),
                                      .key_file = options.key_file,
                                      .alpn = options.alpn,
                                      .keep_alive = options.keep_alive,
                                      .timeout = options.connect_timeout,
                                      .persistent_session = options.persistent_session};
    Connection connection{settings, events};
    std::mt19937_64 generator{std::random_device{}()};
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    Backoff backoff{{}, [&] { return fraction(generator); }};
    const auto application = command.make(broker.client_id);
    Session session{{settings, broker, connection, events, backoff, *application, options.patience, signals.get()}};
    return static_cast<int>(session.run());
}

}  // namespace trustx::mqtt
