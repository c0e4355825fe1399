// SPDX-License-Identifier: Apache-2.0
// trustx setup: makes an OpenSSL configuration load the provider, undoes that, and checks the whole way from the
// configuration to a signature. A configuration is replaced at once or not at all, and only where the result, read by
// OpenSSL's own parser, does what was wanted.
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/openssl/environment.hpp"
#include "common/try.hpp"
#include "setup/checks.hpp"
#include "setup/setup_block.hpp"

#include <trustx/error.hpp>

#include <cerrno>
#include <filesystem>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* what_setup_is =
    R"(enable and disable edit the configuration that OpenSSL reads by itself, for every program of the machine; for single
programs and services set OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf instead.

Examples:
  trustx setup check
  trustx setup enable
  trustx setup disable
  trustx setup check --config /etc/trustx/openssl-trustx.cnf --key /etc/trustx/gateway.pem)";

constexpr const char* what_enable_does =
    R"(A marked block is appended; where the configuration includes a directory, the block becomes trustx.cnf there.
Nothing else is touched, and doing it twice changes nothing. A configuration that decides otherwise is refused.

Examples:
  trustx setup enable
  trustx setup enable --config /etc/mosquitto/openssl.cnf)";

constexpr const char* what_disable_does =
    R"(The file is then what it was before, byte for byte, with whatever others have changed since.

Example:
  trustx setup disable)";

constexpr const char* what_check_does =
    R"(Nothing is changed. Everything is examined: configuration, settings, provider, chip, keys, certificates. With --key
one signature is made, with the chip that the report names: one use of the private key. Otherwise none is used.

Examples:
  trustx setup check
  OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf trustx setup check --key /etc/trustx/gateway.pem)";

struct EditOptions {
    std::string config;
    std::string module;
    bool claim_fips = false;
};

// Target is the configuration to work on.
struct Target {
    std::string path;
    std::string text;
    ConfigurationText parts;
};

Result<Target> open_target(const std::string& config) {
    Target target{.path = config.empty() ? openssl::configuration_file() : config, .text = {}, .parts = {}};
    struct stat status {};
    if (::stat(target.path.c_str(), &status) != 0) {
        return files::cannot_read(target.path, errno_code());
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(InputErrc::malformed, target.path + " is not a regular file; name the configuration with --config");
    }
    if (status.st_nlink > 1) {
        return fail(InputErrc::refused, target.path + " has " + std::to_string(status.st_nlink) +
                                            " names (hard links), and replacing it would separate them; edit it by "
                                            "hand or make it a file of one name");
    }
    TRY(const auto content, files::read_input(target.path));
    target.text.assign(content.begin(), content.end());
    if (target.text.find('\0') != std::string::npos) {
        return fail(InputErrc::malformed, target.path + " holds NUL bytes and is no OpenSSL configuration");
    }
    TRY(auto parts, ConfigurationText::split(target.text, target.path));
    target.parts = std::move(parts);
    return target;
}

Result<void> replace(const std::string& path, const std::string& text) {
    TRY(auto file, files::OutputFile::replacement(path, text.size()));
    TRYV(file.write(text));
    return file.commit();
}

// module_to_name is the path that the configuration must contain; empty where OpenSSL finds the module by itself.
Result<std::string> module_to_name(const std::string& chosen) {
    std::error_code ignored;
    if (!chosen.empty()) {
        if (!fs::is_regular_file(chosen, ignored)) {
            return fail(InputErrc::malformed, "--module " + chosen + ": there is no such file");
        }
        return fs::absolute(chosen).lexically_normal().string();
    }
    const auto place = fs::path{openssl::module_directory()} / "trustx.so";
    if (!fs::is_regular_file(place, ignored)) {
        return fail(InputErrc::malformed, "the provider is not where OpenSSL looks for it: there is no " +
                                              place.string() + "; install it, or say with --module where it is");
    }
    return std::string{};
}

Result<ProviderSettings> settings_to_name(const EditOptions& options) {
    TRY(const auto module, module_to_name(options.module));
    ProviderSettings settings;
    if (!module.empty()) {
        settings.emplace_back("module", module);
    }
    if (options.claim_fips) {
        settings.emplace_back("claim-fips", "yes");
    }
    return settings;
}

// check_result makes sure, with OpenSSL's parser, that a configuration does what it should.
Result<void> check_result(const std::string& text, const std::string& path) {
    TRY(const auto result, OpensslConfiguration::parse(text, path));
    if (!result.activates("trustx") || !result.activates_another_than("trustx")) {
        return fail(InputErrc::refused, path +
                                            " is left as it is: what would be added takes no effect there; add it "
                                            "by hand as shown in provider-trustx(7)");
    }
    return {};
}

std::string drop_in_path(const Inclusion& inclusion) {
    return inclusion.directory + (inclusion.directory.ends_with('/') ? "" : "/") + "trustx.cnf";
}

Result<void> enable_by_drop_in(const Context& context, const Target& target, const Inclusion& inclusion,
                               const std::string& lines) {
    const auto path = drop_in_path(inclusion);
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored))) {
        return fail(InputErrc::refused, path +
                                            " is there already and does not activate the provider; look at it, "
                                            "and remove it or `trustx setup disable`");
    }
    TRYV(files::write_file(path, drop_in(lines, inclusion.section)));
    if (auto good = check_result(target.text, target.path); !good) {
        ::unlink(path.c_str());
        return good;
    }
    context.note("enabled by " + path + ", which " + target.path + " includes");
    return {};
}

Result<void> enable(const Context& context, const EditOptions& options) {
    TRY(const auto target, open_target(options.config));
    TRY(const auto settings, settings_to_name(options));
    const auto without = target.parts.without();
    TRY(const auto configuration, OpensslConfiguration::parse(without, target.path));
    TRY(const auto lines, activating_lines(configuration, settings, target.path));
    if (lines.empty() && options.claim_fips && !configuration.claims_fips()) {
        return fail(InputErrc::refused,
                    target.path + " activates the provider already: write `claim-fips = yes` into [" +
                        configuration.find("trustx")->section + "], or `trustx setup disable` first");
    }
    if (lines.empty()) {
        context.note(target.path + " activates the provider already; nothing changed" +
                     (configuration.activates("default") ? "" : ". The default provider is not activated, but others"));
        return {};
    }
    if (const auto inclusion = included_directory(without); inclusion && target.parts.block.empty()) {
        return enable_by_drop_in(context, target, *inclusion, lines);
    }
    TRY(const auto result, with_block(without, lines, target.path));
    if (result == target.text) {
        context.note("enabled in " + target.path + " already; nothing changed");
        return {};
    }
    TRYV(check_result(result, target.path));
    TRYV(replace(target.path, result));
    context.note("enabled in " + target.path + "; `trustx setup check` tries it");
    return {};
}

// disable_drop_in removes the file that enable made; false: there is none.
Result<bool> disable_drop_in(const Context& context, const Target& target) {
    const auto inclusion = included_directory(target.text);
    const auto path = inclusion ? drop_in_path(*inclusion) : std::string{};
    std::error_code ignored;
    if (!inclusion || !fs::is_regular_file(path, ignored)) {
        return false;
    }
    TRY(const auto content, files::read_input(path));
    TRY(const auto parts, ConfigurationText::split({content.begin(), content.end()}, path));
    if (parts.block.empty() || !parts.without().empty()) {
        return fail(InputErrc::refused,
                    path + " holds lines that `trustx setup enable` did not write; edit or remove it by hand");
    }
    if (::unlink(path.c_str()) != 0) {
        return files::cannot_write(path, errno_code());
    }
    context.note("disabled: " + path + " is removed");
    return true;
}

Result<void> disable(const Context& context, const EditOptions& options) {
    TRY(const auto target, open_target(options.config));
    if (!target.parts.block.empty()) {
        auto replaced = replace(target.path, target.parts.without());
        if (replaced) {
            context.note("disabled in " + target.path);
        }
        return replaced;
    }
    TRY(const auto removed, disable_drop_in(context, target));
    if (removed) {
        return {};
    }
    const auto configuration = OpensslConfiguration::parse(target.text, target.path);
    if (configuration && configuration->activates("trustx")) {
        return fail(InputErrc::refused, target.path + " activates the provider in section [" +
                                            configuration->find("trustx")->section +
                                            "], which `trustx setup enable` did not write; remove it by hand");
    }
    context.note(target.path + " does not activate the provider; nothing changed");
    return {};
}

void add_config_option(Command& command, std::string& config) {
    command.option("--config", config, "The configuration; default: the one OpenSSL reads, or OPENSSL_CONF", "FILE");
}

void add_enable(Command& setup) {
    const auto options = std::make_shared<EditOptions>();
    auto command = setup.subcommand("enable", "Make a configuration load the provider", what_enable_does);
    add_config_option(command, options->config);
    command.option("--module", options->module, "Where trustx.so is, if not in OpenSSL's own directory", "FILE");
    command.flag("--claim-fips", options->claim_fips,
                 "Let the provider's algorithms count as fips=yes, although it is no validated module");
    command.on_run([options](const Context& context) { return enable(context, *options); });
}

void add_disable(Command& setup) {
    const auto options = std::make_shared<EditOptions>();
    auto command = setup.subcommand("disable", "Undo what enable did", what_disable_does);
    add_config_option(command, options->config);
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
