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
    if (parts.block.empty()) {
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

Result<void> check_configuration_for(const std::string& root, const std::string& path) {
    TRY(const auto content, files::read_input(in_root(root, path)));
    TRY(const auto configuration, OpensslConfiguration::parse({content.begin(), content.end()}, path));
    if (!configuration.activates_trustx()) {
        return fail(InputErrc::refused, path + " does not load the provider; `trustx setup enable --config " + path +
                                            "` makes it, or leave out --config");
    }
    return {};
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

Result<void> remove_drop_in(const Context& context, const std::string& root, const std::string& service) {
    const auto path = drop_in_path(root, service);
    TRY(const auto parts, read_drop_in(path));
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

}  // namespace

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
        TRY(const auto access, what_service_gets(context, options, asked));
        const auto unit = UnitSettings::read(options.root, asked, drop_in_path(options.root, asked));
        return answer(drop_in_text(access, unit ? Sandbox::of(*unit, access.lock_directory) : Sandbox{}));
    }
    TRY(const auto named, UnitSettings::read(options.root, asked));
    const auto service = named.name();
    const auto path = drop_in_path(options.root, service);
    TRY(const auto unit, UnitSettings::read(options.root, service, path));
    TRY(const auto access, what_service_gets(context, options, service));
    TRYV(check_configuration_for(options.root, access.openssl_conf));
    TRYV(check_unit(unit, access, options.root));
    const auto text = drop_in_text(access, Sandbox::of(unit, access.lock_directory));
    std::error_code ignored;
    std::string whole = text;
    if (fs::exists(fs::symlink_status(path, ignored))) {
        TRY(const auto parts, read_drop_in(path));
        if (parts.edited) {
            context.note("enabled by " + path +
                         " already, which was edited by hand; nothing changed. `trustx setup "
                         "disable --service " +
                         options.service + "` first has it made again");
            return {};
        }
        whole = parts.before + text + parts.after;
        if (parts.block == text) {
            context.note("enabled by " + path + " already; nothing changed");
            return {};
        }
    }
    TRYV(install(path, whole));
    const auto user = becomes_user(service);
    if (user.empty() && unit.value("User").empty() && !unit.is_on("DynamicUser")) {
        context.note(service +
                     " runs as root; if its program becomes another user by itself, put that user into the "
                     "group trustx, too");
    }
    context.note("enabled by " + path + "; what is left to do, as root:");
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
        return {};
    }
    TRYV(remove_drop_in(context, options.root, service));
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
    return first ? Result<void>{tl::unexpected{*first}} : Result<void>{};
}

}  // namespace trustx::cli
