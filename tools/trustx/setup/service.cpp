// SPDX-License-Identifier: Apache-2.0
#include "setup/service.hpp"

#include "cli/advice.hpp"
#include "cli/output.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/openssl/environment.hpp"
#include "common/try.hpp"
#include "setup/machine.hpp"
#include "setup/marked_block.hpp"
#include "setup/openssl_configuration.hpp"
#include "setup/plain_word.hpp"
#include "setup/setup_block.hpp"
#include "setup/users.hpp"

#include <trustx/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

Result<MarkedText> read_drop_in(const std::string& path) {
    TRY(const auto content, files::read_input(path));
    TRY(auto parts, MarkedText::split({content.begin(), content.end()}, path));
    if (parts.block.empty() && !says_nothing(parts.before)) {
        return fail(InputErrc::refused, path +
                                            " is there and was not made by `trustx setup enable`; look at it, and "
                                            "move or remove it by hand");
    }
    return parts;
}

// forget_environment leaves the settings that a service finds: those of the machine's file. This program's own
// environment is no service's.
void forget_environment(const std::string& root) {
    ::unsetenv("TRUSTX_DEVICE");
    ::unsetenv("TRUSTX_LOCK_DIRECTORY");
    ::unsetenv("TRUSTX_CONF");
    if (!root.empty()) {
        const auto file = in_root(root, "/etc/trustx/trustx.conf");
        std::error_code ignored;
        ::setenv("TRUSTX_CONF", fs::exists(file, ignored) ? file.c_str() : "/dev/null", 1);
    }
}

Result<ServiceAccess> what_service_gets(const Context& context, const ServiceOptions& options,
                                        const std::string& service) {
    forget_environment(options.root);
    TRY(const auto settings, resolve_settings({.command_line = context.device}));
    auto access = access_for(service, settings);
    access.openssl_conf = options.config.empty() ? installed_configuration : options.config;
    access.chip = context.device ? settings.address.text() : "";
    access.harden = options.harden;
    if (options.harden && !can_be_hardened(service)) {
        return fail(InputErrc::usage, "--harden: what " + service +
                                          " needs apart from the chip is not known; it is for mosquitto and nginx");
    }
    if (!access.openssl_conf.starts_with('/')) {
        return fail(InputErrc::usage, "--config " + access.openssl_conf + ": a service needs an absolute path");
    }
    return access;
}

Result<std::string> configuration_for(const std::string& root, const std::string& path) {
    TRY(const auto content, files::read_input(in_root(root, path)));
    std::string text{content.begin(), content.end()};
    TRY(const auto configuration, OpensslConfiguration::parse(text, path));
    if (!configuration.activates_trustx()) {
        return fail(InputErrc::refused, path + " does not load the provider; `trustx setup enable --config " + path +
                                            "` makes it, or leave out --config");
    }
    return text;
}

constexpr auto include = include_word;

// own_text is the service's configuration: that of others, and what the scope and these settings need beside it. Empty:
// that one has them. Errors: those of activating_lines.
Result<std::string> own_text(const std::string& root, const std::string& base, Scope scope,
                             const ProviderSettings& settings) {
    TRY(const auto text, configuration_for(root, base));
    TRY(const auto configuration, OpensslConfiguration::parse(text, base));
    TRY(const auto lines, activating_lines(configuration, settings, scope, base));
    if (lines.empty()) {
        return std::string{};
    }
    TRY(const auto result, OpensslConfiguration::parse(text + "\n" + lines, base));
    if (!has_scope(result, scope, base) || !is_plain(base)) {
        return fail(InputErrc::refused, "with " + base + " the scope " + to_string(scope) +
                                            " takes no effect; name another configuration with --config");
    }
    return framed(std::string{include} + base + "\n" + lines, false);
}

// Own is the configuration that enable made for a service.
struct Own {
    std::string path;
    std::optional<MarkedText> parts;  // nothing: there is no such file

    [[nodiscard]] bool is_ours() const { return parts && !parts->block.empty(); }
    [[nodiscard]] bool is_another() const { return parts && parts->block.empty() && !says_nothing(parts->before); }
    [[nodiscard]] std::string base() const {
        for (const auto& line : is_ours() ? parts->lines() : std::vector<Line>{}) {
            if (line.text().starts_with(include)) {
                return std::string{line.text().substr(include.size())};
            }
        }
        return {};
    }
};

Result<Own> read_own(const std::string& root, const std::string& service) {
    Own own{.path = in_root(root, own_configuration(service)), .parts = {}};
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(own.path, ignored))) {
        TRY(const auto content, files::read_input(own.path));
        TRY(auto parts, MarkedText::split({content.begin(), content.end()}, own.path));
        own.parts = std::move(parts);
    }
    return own;
}

Result<void> check_unit(const UnitSettings& unit, const ServiceAccess& access, const std::string& root) {
    const auto sandbox = Sandbox::of(unit, access.lock_directory);
    if (!sandbox.root_directory.empty()) {
        return fail(InputErrc::refused, access.service + " runs in a root directory of its own, " +
                                            sandbox.root_directory +
                                            ": module, configuration, bus and lock directory would have to be in it");
    }
    const auto environment = unit.environment(root);
    const auto chosen = environment.find("OPENSSL_CONF");
    if (chosen != environment.end() && chosen->second != access.openssl_conf) {
        return fail(InputErrc::refused, access.service +
                                            " has a configuration already, OPENSSL_CONF=" + chosen->second +
                                            "; let that one load the provider: `trustx setup enable "
                                            "--config " +
                                            chosen->second + "`, then name it with --config here");
    }
    if (!group_exists(root, "trustx")) {
        return fail(InputErrc::refused,
                    "there is no group trustx, and systemd starts no service with it; make it with `systemd-sysusers`");
    }
    return {};
}

// what_is_left are the commands that a person has to run.
Result<void> print_what_is_left(const std::string& service, const std::string& user) {
    return answer((user.empty() ? "" : "usermod -aG trustx " + user + "\n") + "systemctl daemon-reload\n" +
                  "systemctl restart " + service.substr(0, service.rfind('.')) + "\n");
}

Result<void> install(const std::string& path, const std::string& text) {
    const auto directory = fs::path{path}.parent_path();
    std::error_code error;
    const bool made = fs::create_directories(directory, error);
    if (error) {
        return files::cannot_write(directory, error);
    }
    auto written = files::write_file(path, text);
    if (!written && made) {
        fs::remove(directory, error);
    }
    return written;
}

// edits_in are lines that a person added to the block, as comments: without its section a line would mean nothing.
std::string edits_in(const MarkedText& parts, const std::set<std::string>& written) {
    std::vector<std::string> edits;
    for (const auto& line : parts.edited ? parts.lines() : std::vector<Line>{}) {
        const auto text = std::string{line.text()};
        if (!text.empty() && !text.starts_with('#') && !written.contains(text)) {
            edits.push_back(text);
        }
    }
    return kept_as_comments(edits, line_end_of(parts.block));
}

// lines_written are those that enable writes for a service, whatever its unit forbids.
std::set<std::string> lines_written(const std::string& service, const ServiceAccess& access) {
    std::set<std::string> written;
    for (const bool harden : {false, true}) {
        auto variant = access;
        variant.harden = harden && can_be_hardened(service);
        const auto text =
            drop_in_text(variant, {.hides_devices = true, .limits_devices = true, .makes_read_only = true});
        for (const auto& line : lines_of(text)) {
            written.emplace(line.text());
        }
    }
    return written;
}

// header_for_the_rest is the section that lines below the block are in, where that is one of the block's.
std::string header_for_the_rest(const MarkedText& parts) {
    const auto rest = lines_of(parts.after);
    const auto first = std::ranges::find_if(rest, [](const Line& line) {
        return !line.text().empty() && !line.text().starts_with('#') && !line.text().starts_with(';');
    });
    if (first == rest.end() || first->text().starts_with('[')) {
        return {};
    }
    std::string header;
    for (const auto& line : parts.lines()) {
        if (line.text().starts_with('[')) {
            header = std::string{line.text()} + line_end_of(parts.block);
        }
    }
    return header;
}

// kept_settings are those of the provider that `trustx anchor write`, or a person, put into the configuration of a
// service: with another scope they count on.
ProviderSettings kept_settings(const Own& own, const std::string& root) {
    const auto text = own.is_ours() ? configuration_for(root, own.base()).value_or("") : std::string{};
    const auto configuration = OpensslConfiguration::parse(text, own.path);
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    return entry != nullptr ? settings_in(*own.parts, entry->section) : ProviderSettings{};
}

// edits_in_own are lines that a person added to the configuration of a service, as comments, without the settings that
// are kept.
std::string edits_in_own(const Own& own, const std::string& root, const ProviderSettings& kept) {
    if (!own.parts->edited) {
        return kept_as_comments(settings_of_others(*own.parts, kept), line_end_of(own.parts->block));
    }
    std::set<std::string> written;
    for (const auto scope : {Scope::ephemeral, Scope::key_schedule}) {
        const auto text = own_text(root, own.base(), scope, {}).value_or("");
        for (const auto& line : lines_of(text)) {
            written.emplace(line.text());
        }
    }
    for (const auto& line : own.parts->lines()) {
        const auto setting = setting_of(line.text());
        if (setting && std::ranges::find(kept, *setting) != kept.end()) {
            written.emplace(line.text());
        }
    }
    return edits_in(*own.parts, written);
}

// remove_own leaves what others wrote.
Result<void> remove_own(const Context& context, const std::string& root, const std::string& service) {
    TRY(const auto own, read_own(root, service));
    if (!own.is_ours()) {
        return {};
    }
    const auto rest = own.parts->without(edits_in_own(own, root, {}));
    if (!rest.empty()) {
        TRYV(files::write_file(own.path, rest));
        context.note(own.path + " keeps what was added by hand");
        return {};
    }
    if (::unlink(own.path.c_str()) != 0) {
        return files::cannot_write(own.path, errno_code());
    }
    std::error_code others;
    fs::remove(fs::path{own.path}.parent_path(), others);  // unless those of further services are there
    return {};
}

// install_own gives the service its configuration. True: it changed.
Result<bool> install_own(const Context& context, const Own& own, const std::string& root, const std::string& base,
                         Scope scope, const std::string& text, const ProviderSettings& kept) {
    if (!own.parts) {
        TRYV(install(own.path, text));
        return true;
    }
    if (own.is_another()) {
        return fail(InputErrc::refused, own.path +
                                            " is there and was not made by `trustx setup enable`; look at it, and "
                                            "move or remove it by hand");
    }
    const auto& parts = *own.parts;
    if (parts.block == text || (parts.edited && scope_in(parts) == scope && own.base() == base)) {
        return false;
    }
    const auto edits = own.is_ours() ? edits_in_own(own, root, kept) : std::string{};
    TRYV(files::write_file(own.path, with_end_of_line(parts.before) + edits + text + parts.after));
    if (!edits.empty()) {
        context.note(own.path + " keeps what was added by hand as comments: it does not count any more");
    }
    return true;
}

Result<void> remove_drop_in(const Context& context, const std::string& root, const std::string& service) {
    const auto path = drop_in_path(root, service);
    TRY(const auto parts, read_drop_in(path));
    if (parts.block.empty()) {
        context.note(path + " holds nothing but comments; nothing changed");
        return {};
    }
    forget_environment(root);
    auto access = access_for(service, resolve_settings({}).value_or(Settings{}));
    access.openssl_conf = installed_configuration;
    const auto rest = parts.without(edits_in(parts, lines_written(service, access)) + header_for_the_rest(parts));
    if (!rest.empty()) {
        TRYV(files::write_file(path, rest));
        context.note("disabled in " + path + ", which keeps what was added by hand");
        return {};
    }
    if (::unlink(path.c_str()) != 0) {
        return files::cannot_write(path, errno_code());
    }
    std::error_code others;
    fs::remove(fs::path{path}.parent_path(), others);  // unless further drop-ins are there
    context.note("disabled: " + path + " is removed");
    return {};
}

// drop_ins_in finds those with a block of ours.
std::vector<fs::path> drop_ins_in(const std::string& root) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{in_root(root, "/etc/systemd/system"), ignored}) {
        const auto path = entry.path() / "trustx.conf";
        if (entry.path().extension() == ".d" && fs::is_regular_file(path, ignored)) {
            found.push_back(path);
        }
    }
    std::ranges::sort(found);
    return found;
}

// check_lowered refuses to leave a service with a scope that its configuration has by lines of others.
Result<void> check_lowered(const ServiceOptions& options, const std::string& base, Scope scope) {
    if (!options.scope || scope != Scope::signature) {
        return {};
    }
    TRY(const auto text, configuration_for(options.root, base));
    TRY(const auto configuration, OpensslConfiguration::parse(text, base));
    const auto& entry = *configuration.trustx();
    return scope_of(entry) == Scope::signature
               ? Result<void>{}
               : fail(InputErrc::refused, base + " has a setting `scope` in section [" + entry.section +
                                              "]; change that line, or name another configuration with --config");
}

// check_edited refuses to leave a drop-in that a person edited where it keeps the service from the scope that was asked
// for: it names another configuration.
Result<void> check_edited(const ServiceOptions& options, const std::string& path, const UnitSettings& unit,
                          const std::string& wanted) {
    const auto environment = unit.environment(options.root);
    const auto chosen = environment.find("OPENSSL_CONF");
    const bool fits = chosen != environment.end() && chosen->second == wanted;
    return !options.scope || fits
               ? Result<void>{}
               : fail(InputErrc::refused, path +
                                              " was edited by hand, and is left as it is; `trustx setup disable "
                                              "--service " +
                                              options.service + "` first has it made again");
}

// own_configurations are the services that have one in this root.
std::vector<std::string> own_configurations(const std::string& root) {
    std::vector<std::string> services;
    std::error_code ignored;
    const auto directory = fs::path{own_configuration("a.service")}.parent_path();
    for (const auto& entry : fs::directory_iterator{in_root(root, directory), ignored}) {
        if (entry.path().extension() == ".cnf" && entry.is_regular_file(ignored)) {
            services.push_back(entry.path().stem().string() + ".service");
        }
    }
    std::ranges::sort(services);
    return services;
}

}  // namespace

std::string own_configuration(const std::string& service) {
    return "/etc/trustx/services/" + service.substr(0, service.rfind('.')) + ".cnf";
}

std::string drop_in_path(const std::string& root, const std::string& service) {
    return in_root(root, "/etc/systemd/system/" + service + ".d/trustx.conf");
}

std::vector<std::string> enabled_services(const std::string& root) {
    std::vector<std::string> services;
    for (const auto& path : drop_ins_in(root)) {
        services.push_back(path.parent_path().stem());
    }
    return services;
}

ServiceAccess access_for(const std::string& service, const Settings& settings) {
    ServiceAccess access{.service = service,
                         .openssl_conf = {},
                         .chip = {},
                         .devices = {},
                         .lock_directory = settings.options.lock_directory};
    const auto& address = settings.address;
    if (address.kind == BusAddress::Kind::linux_i2c && !address.path.empty()) {
        access.devices.push_back(address.path);
    }
    for (const auto& line : {address.reset_line, address.supply_line}) {
        if (line && !line->controller.empty() &&
            std::ranges::find(access.devices, line->controller) == access.devices.end()) {
            access.devices.push_back(line->controller);
        }
    }
    return access;
}

Result<void> enable_service(const Context& context, const ServiceOptions& options) {
    TRY(const auto asked, service_name(options.service));
    if (options.print) {
        TRY(auto access, what_service_gets(context, options, asked));
        TRY(const auto own, read_own(options.root, asked));
        access.openssl_conf = own.is_ours() ? own_configuration(asked) : access.openssl_conf;
        const auto unit = UnitSettings::read(options.root, asked, drop_in_path(options.root, asked));
        return answer(drop_in_text(access, unit ? Sandbox::of(*unit, access.lock_directory) : Sandbox{}));
    }
    TRY(const auto named, UnitSettings::read(options.root, asked));
    const auto service = named.name();
    const auto path = drop_in_path(options.root, service);
    TRY(const auto unit, UnitSettings::read(options.root, service, path));
    TRY(auto access, what_service_gets(context, options, service));
    TRY(const auto own, read_own(options.root, service));
    const auto present = own.is_ours() ? scope_in(*own.parts).value_or(Scope::signature) : Scope::signature;
    const auto scope = options.scope.value_or(present);
    const auto base = access.openssl_conf;
    const auto kept = kept_settings(own, options.root);
    TRY(const auto configuration, own_text(options.root, base, scope, kept));
    TRYV(check_lowered(options, base, scope));
    access.openssl_conf = configuration.empty() ? base : own_configuration(service);
    TRYV(check_unit(unit, access, options.root));
    const auto text = drop_in_text(access, Sandbox::of(unit, access.lock_directory));
    std::error_code ignored;
    std::string whole = text;
    bool same = false;
    bool edited = false;
    if (fs::exists(fs::symlink_status(path, ignored))) {
        TRY(const auto parts, read_drop_in(path));
        edited = parts.edited;
        whole = with_end_of_line(parts.before) + (edited ? parts.block : text) + parts.after;
        same = edited || parts.block == text;
    }
    if (edited) {
        TRYV(check_edited(options, path, named, access.openssl_conf));
    }
    if (!configuration.empty()) {
        TRY(const bool changed, install_own(context, own, options.root, base, scope, configuration, kept));
        same = same && !changed;
    }
    if (same) {
        context.note("enabled by " + path +
                     (edited ? " already, which was edited by hand; nothing changed. `trustx setup disable --service " +
                                   options.service + "` first has it made again"
                             : " already; nothing changed"));
        return {};
    }
    TRYV(install(path, whole));
    if (configuration.empty()) {
        TRYV(remove_own(context, options.root, service));
    }
    const auto user = becomes_user(service);
    if (user.empty() && unit.value("User").empty() && !unit.is_on("DynamicUser")) {
        context.note(service +
                     " runs as root; if its program becomes another user by itself, put that user into the "
                     "group trustx, too");
    }
    context.note("enabled by " + path + (configuration.empty() ? "" : " and " + own.path) +
                 "; what is left to do, as root:");
    return print_what_is_left(service, in_group(options.root, user, "trustx") ? "" : user);
}

Result<void> disable_service(const Context& context, const ServiceOptions& options) {
    TRY(const auto asked, service_name(options.service));
    const auto unit = UnitSettings::read(options.root, asked);
    const auto service = unit ? unit->name() : asked;
    const auto path = drop_in_path(options.root, service);
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(path, ignored))) {
        context.note("there is no " + path + "; nothing changed");
        return remove_own(context, options.root, service);
    }
    TRYV(remove_drop_in(context, options.root, service));
    TRYV(remove_own(context, options.root, service));
    const auto user = becomes_user(service);
    if (!user.empty() && in_group(options.root, user, "trustx")) {
        context.note(user + " stays in the group trustx; where no other service needs that, `gpasswd -d " + user +
                     " trustx` takes it out");
    }
    context.note("what is left to do, as root:");
    return print_what_is_left(service, "");
}

Result<void> disable_all(const Context& context, const std::string& root) {
    std::optional<Error> first;
    const auto keep = [&first](const Result<void>& done) {
        if (!done && first) {
            say(explain(done.error()));
        } else if (!done) {
            first = done.error();
        }
    };
    keep(undo_machine(context, followed_in_root(root, openssl::own_configuration_file())));
    for (const auto& path : drop_ins_in(root)) {
        const auto content = files::read_input(path);
        if (content && MarkedText::split({content->begin(), content->end()}, path)
                           .map([](const auto& parts) { return parts.block.empty(); })
                           .value_or(false)) {
            continue;  // somebody else's
        }
        keep(remove_drop_in(context, root, path.parent_path().stem()));
    }
    for (const auto& service : own_configurations(root)) {
        keep(remove_own(context, root, service));
    }
    return first ? Result<void>{tl::unexpected{*first}} : Result<void>{};
}

}  // namespace trustx::cli
