// SPDX-License-Identifier: Apache-2.0
// trustx setup: makes an OpenSSL configuration load the provider, undoes that, and checks the whole way from the
// configuration to a signature.
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "setup/checks.hpp"
#include "setup/machine.hpp"
#include "setup/service.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_setup_is =
    R"(enable and disable edit the configuration that OpenSSL reads by itself, for every program of the machine, or with
--service the unit of one systemd service; for single programs set OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf instead.

Examples:
  trustx setup check
  trustx setup enable
  trustx setup enable --service mosquitto
  trustx setup disable
  trustx setup check --config /etc/trustx/openssl-trustx.cnf --key /etc/trustx/gateway.pem)";

constexpr const char* what_enable_does =
    R"(A marked block is appended; where the configuration includes a directory, the block becomes trustx.cnf there.
Nothing else is touched, and doing it twice changes nothing. A configuration that decides otherwise is refused.

With --service a drop-in of the unit gives the service OPENSSL_CONF, the group trustx, and the bus and the lock directory
where its sandbox hides them. No service is started or stopped: the commands that are left to do are printed.

With --scope the chip also makes the ephemeral keys of TLS, or also derives the keys of TLS 1.2 from them. A service then
gets a configuration of its own in /etc/trustx/services.

Examples:
  trustx setup enable
  trustx setup enable --service mosquitto
  trustx setup enable --service mosquitto --scope ephemeral
  trustx setup enable --config /etc/mosquitto/openssl.cnf)";

constexpr const char* what_disable_does =
    R"(The file is then what it was before, byte for byte, with whatever others have changed since. What
was added by hand to the lines of enable is kept as comments.

Examples:
  trustx setup disable
  trustx setup disable --service mosquitto
  trustx setup disable --all)";

constexpr const char* what_check_does =
    R"(Nothing is changed. Everything is examined: configuration, settings, provider, chip, keys, certificates. With --key
one signature is made, with the chip that the report names: one use of the private key. Otherwise none is used.

With --user it is examined as that user, with --service as the program of the service: its user, groups and environment,
and what its unit forbids. Both take root.

Examples:
  trustx setup check
  trustx setup check --service mosquitto --key /etc/trustx/gateway.pem
  OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf trustx setup check --key /etc/trustx/gateway.pem)";

Option add_config_option(Command& command, std::string& config) {
    return command.option("--config", config, "The configuration; default: the one OpenSSL reads, or OPENSSL_CONF",
                          "FILE");
}

constexpr const char* service_help = "This systemd service, in place of every program of the machine";
constexpr const char* root_help = "The root directory of the machine whose units are meant; default: this one's";

struct EditOptions {
    MachineOptions machine;
    ServiceOptions service;
    std::string scope;
    bool all = false;
};

Result<void> needs_service(const EditOptions& options) {
    const auto& [service, root, config, harden, print, scope] = options.service;
    if (service.empty() && (harden || print || (!root.empty() && !options.all))) {
        return fail(InputErrc::usage, "--harden, --print and --root are about a service: name it with --service");
    }
    return {};
}

Result<void> enable(const Context& context, const EditOptions& options) {
    TRYV(needs_service(options));
    if (options.service.service.empty()) {
        return enable_machine(context, options.machine);
    }
    if (!options.machine.module.empty() || options.machine.claim_fips) {
        return fail(InputErrc::usage,
                    "--module and --claim-fips belong into the configuration that --config names for the service");
    }
    auto service = options.service;
    service.config = options.machine.config;
    service.scope = options.machine.scope;
    return enable_service(context, service);
}

Result<void> disable(const Context& context, const EditOptions& options) {
    TRYV(needs_service(options));
    if (options.all) {
        return disable_all(context, options.service.root);
    }
    return options.service.service.empty() ? disable_machine(context, options.machine.config)
                                           : disable_service(context, options.service);
}

void add_enable(Command& setup) {
    const auto options = std::make_shared<EditOptions>();
    auto command = setup.subcommand("enable", "Make a configuration or a service load the provider", what_enable_does);
    command.option(
        "--config", options->machine.config,
        "The configuration; default: the one OpenSSL reads, or OPENSSL_CONF. With --service the one that the "
        "service gets, default: /etc/trustx/openssl-trustx.cnf",
        "FILE");
    command.option("--module", options->machine.module, "Where trustx.so is, if not in OpenSSL's own directory",
                   "FILE");
    command.flag("--claim-fips", options->machine.claim_fips,
                 "Let the provider's algorithms count as fips=yes, although it is no validated module");
    const auto scope =
        command.option("--scope", options->scope,
                       "How much of TLS the chip does: the signature; the ephemeral keys, too; the keys that TLS 1.2 "
                       "derives from them, too. Default: what was enabled before, or signature",
                       scope_names);
    scope.one_of({"signature", "ephemeral", "key-schedule"});
    command.option("--service", options->service.service, service_help, "SERVICE");
    command.flag("--harden", options->service.harden,
                 "Also forbid the service what it does not need: mosquitto and nginx as Debian has them");
    command.flag("--print", options->service.print, "Print the drop-in of the service and install nothing")
        .excludes(scope);
    command.option("--root", options->service.root, root_help, "DIRECTORY");
    command.on_run([options](const Context& context) {
        options->machine.scope = parse_scope(options->scope);
        return enable(context, *options);
    });
}

void add_disable(Command& setup) {
    const auto options = std::make_shared<EditOptions>();
    auto command = setup.subcommand("disable", "Undo what enable did", what_disable_does);
    const auto config = add_config_option(command, options->machine.config);
    const auto service = command.option("--service", options->service.service, service_help, "SERVICE");
    service.excludes(config);
    command.flag("--all", options->all, "Everything: OpenSSL's own configuration and every service")
        .excludes(service)
        .excludes(config);
    command.option("--root", options->service.root, root_help, "DIRECTORY");
    command.on_run([options](const Context& context) { return disable(context, *options); });
}

void add_check(Command& setup) {
    const auto options = std::make_shared<SetupCheckOptions>();
    auto command =
        setup.subcommand("check", "Say what is enabled, what works, and what to do about the rest", what_check_does);
    add_config_option(command, options->config);
    command.option("--key", options->key, "Sign with this key file through the provider, once", "FILE");
    command.option("--cert", options->certificate, "Examine this certificate or chain, which goes with the key",
                   "FILE");
    command.option("--user", options->user, "Examine it as this user", "USER");
    command.option("--service", options->service, "Examine it as the program of this systemd service", "SERVICE");
    command.option("--dtls", options->dtls, "Examine whether the chip can be a DTLS client with this key", "SLOT");
    command.option("--root", options->root, root_help, "DIRECTORY");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return check_setup(context, *options); });
}

}  // namespace

void add_setup(Command& program) {
    auto setup = program.subcommand("setup", "Enable the provider for OpenSSL, disable or check it", what_setup_is);
    add_enable(setup);
    add_disable(setup);
    add_check(setup);
}

}  // namespace trustx::cli
