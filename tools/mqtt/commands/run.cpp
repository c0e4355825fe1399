// SPDX-License-Identifier: Apache-2.0
#include "commands/run.hpp"

#include "common/io/termination_signals.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"
#include "connection/backoff.hpp"
#include "connection/credential_file.hpp"
#include "connection/credentials.hpp"
#include "connection/events.hpp"
#include "connection/key_credit.hpp"
#include "connection/paho_connection.hpp"
#include "connection/probe.hpp"
#include "connection/proxy.hpp"
#include "connection/renegotiation.hpp"
#include "limits/aws_limits.hpp"
#include "service/service_observer.hpp"
#include "session/advice.hpp"
#include "session/poll.hpp"
#include "session/session.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

// Must run before Paho starts its threads: they inherit the blocked signals, so only the descriptor gets them. SIGHUP
// is "read your files again" for a service, and the end of the terminal for everybody else.
UniqueFd take_over_signals() {
    std::vector<int> wanted{SIGINT, SIGTERM};
    if (::isatty(STDERR_FILENO) == 0) {
        wanted.push_back(SIGHUP);
    }
    auto signals = io::take_signals(wanted);
    if (!signals) {
        throw std::system_error{signals.error(), "receive signals"};
    }
    return std::move(*signals);
}

// Identity is what the program shows to a broker, and the files in which that is.
struct Identity {
    CredentialFile ca;
    CredentialFile certificate;
    CredentialFile key;
    Credentials credentials;
};

Result<std::unique_ptr<Identity>> load_identity(const Options& options) {
    TRY(auto ca, CredentialFile::anchor(options.ca));
    TRY(auto certificate, CredentialFile::certificate(options.certificate));
    TRY(auto key, CredentialFile::key(options.key));
    TRY(auto credentials, check_credentials({.key = key.path(),
                                             .certificate = certificate.path(),
                                             .certificate_name = options.certificate,
                                             .ca = ca.path(),
                                             .key_name = options.key,
                                             .ca_name = options.ca}));
    if (!credentials.key_in_chip && !options.allow_software_key) {
        return fail(Cause::key_file, "the private key " + options.key + " is in a file and not in a chip",
                    "give a reference to a key in the chip, or allow it by --allow-software-key");
    }
    return std::make_unique<Identity>(
        Identity{std::move(ca), std::move(certificate), std::move(key), std::move(credentials)});
}

std::string choose_client_id(const Options& options, const Credentials& credentials) {
    if (!options.client_id.empty()) {
        return options.client_id;
    }
    // The convention of AWS IoT: thing name, common name and client id are the same (aws-iot.md section 2).
    return credentials.common_name.empty() ? "trustx-mqtt-" + std::to_string(::getpid()) : credentials.common_name;
}

std::string variable(const char* name, const char* other_name) {
    const char* value = std::getenv(name);
    value = value != nullptr ? value : std::getenv(other_name);
    return value != nullptr ? value : "";
}

// Paho would read the variable itself, and knows no exceptions from it.
Result<std::string> take_proxy(const std::string& host) {
    const auto wanted = variable("https_proxy", "HTTPS_PROXY");
    auto proxy = proxy_for(host, wanted, variable("no_proxy", "NO_PROXY"));
    if (!proxy.empty() && !is_http_proxy(wanted)) {
        return fail(Cause::unavailable, "https_proxy names a proxy that is none for HTTP",
                    "give one as http://HOST:PORT, or list the broker in no_proxy");
    }
    ::unsetenv("https_proxy");
    return proxy;
}

ConnectionSettings settings_for(const Options& options, const Identity& identity, const std::string& client_id,
                                const std::string& proxy) {
    return {.host = options.host,
            .port = options.port,
            .client_id = client_id,
            .ca_file = identity.ca.path(),
            .certificate_file = identity.certificate.path(),
            .key_file = identity.key.path(),
            .alpn = options.alpn,
            .keep_alive = options.keep_alive,
            .timeout = options.connect_timeout,
            .persistent_session = options.persistent_session,
            .version = options.version,
            .will = options.will,
            .session_expiry = options.session_expiry,
            .receive_maximum = options.receive_maximum,
            .proxy = proxy};
}

void warn(const Identity& identity) {
    if (!identity.credentials.warning.empty()) {
        spdlog::warn("{}", identity.credentials.warning);
    }
}

Result<ExitCode> run(const CommandLine& command, const Pace& pace, int signal_fd) {
    const auto& options = command.options;
    TRY(auto identity, load_identity(options));
    std::unique_ptr<Identity> before;  // until the next time: a connection that is being made may still read its files
    warn(*identity);
    const auto client_id = choose_client_id(options, identity->credentials);
    if (const auto excess = options.aws ? aws::exceeded_by_client_id(client_id) : std::nullopt) {
        return fail(Cause::client_id, excess->text, "choose a shorter one");
    }
    TRY(auto made, command.make(client_id));
    auto application = command.beside(std::move(made), client_id);
    TRY(const auto proxy, take_proxy(options.host));

    forbid_renegotiation();
    EventQueue events;
    PahoConnection connection{settings_for(options, *identity, client_id, proxy), events};
    std::mt19937_64 generator{std::random_device{}()};
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    Backoff backoff{pace.backoff, [&] { return fraction(generator); }};
    KeyCredit credit{pace.credit};
    SystemPoll poll;
    ServiceObserver observer{{.client_id = client_id, .status_file = options.status_file}};
    Session session{{.settings = settings_for(options, *identity, client_id, proxy),
                     .broker = {options.host, options.port, options.certificate, options.ca, client_id},
                     .connection = connection,
                     .events = events,
                     .backoff = backoff,
                     .credit = credit,
                     .application = *application,
                     .observer = observer,
                     .patience = options.patience,
                     .max_in_flight = options.max_in_flight,
                     .aws = options.aws,
                     .signal_fd = signal_fd,
                     .poll = poll,
                     .probe = &probe,
                     .reload = [&]() -> Result<ConnectionSettings> {
                         TRY(auto fresh, load_identity(options));
                         before = std::exchange(identity, std::move(fresh));
                         warn(*identity);
                         return settings_for(options, *identity, client_id, proxy);
                     }}};
    const auto code = session.run();
    if (session.in_attempt()) {
        // Paho's threads may be in the attempt for long, whatever its time limit says, and cannot be told.
        application.reset();
        ::_exit(static_cast<int>(code));
    }
    return code;
}

}  // namespace

int run_session(const CommandLine& command, const Pace& pace) {
    if (!command.options.device.empty()) {
        ::setenv("TRUSTX_DEVICE", command.options.device.c_str(), 1);  // which the provider reads
    }
    const auto signals = take_over_signals();
    const auto code = run(command, pace, signals.get());
    if (!code) {
        spdlog::error("{}", explain(code.error()));
        return static_cast<int>(exit_code_of(code.error().cause));
    }
    return static_cast<int>(*code);
}

}  // namespace trustx::mqtt
