// SPDX-License-Identifier: Apache-2.0
// Checks as somebody else: as another user, or as the program of a systemd service. What systemd would forbid a service
// cannot be tried from outside, so it is read from the unit.
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"
#include "setup/checks.hpp"
#include "setup/service.hpp"
#include "setup/users.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

using Environment = std::map<std::string, std::string>;

std::string text_of(const std::string& path) {
    std::error_code ignored;
    const auto content = fs::is_regular_file(path, ignored) ? files::read_input(path) : Result<Bytes>{Bytes{}};
    return content ? std::string{content->begin(), content->end()} : std::string{};
}

void set_user_variables(const Identity& identity) {
    ::setenv("USER", identity.name.c_str(), 1);
    ::setenv("LOGNAME", identity.name.c_str(), 1);
    ::setenv("HOME", identity.home.c_str(), 1);
}

// take_environment replaces this program's environment by that of the service, and systemd's own part of it
// (systemd.exec(5)).
void take_environment(const Environment& environment, const Identity& identity) {
    ::clearenv();
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
    set_user_variables(identity);
    for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
}

std::string short_name(const UnitSettings& unit) {
    return unit.name().substr(0, unit.name().rfind('.'));
}

void report_configuration_of(CheckReport& report, const UnitSettings& unit, const Environment& environment) {
    const auto chosen = environment.find("OPENSSL_CONF");
    if (chosen != environment.end()) {
        report.ok("service", unit.name() + " gets OPENSSL_CONF=" + chosen->second);
    } else {
        report.note("service", unit.name() + " gets no OPENSSL_CONF: it reads the machine's configuration",
                    "`trustx setup enable --service " + short_name(unit) + "` gives it one");
    }
}

// configuration_of_process is the OPENSSL_CONF with which a process was started; nothing: its environment cannot be
// read, or the program has written over it.
std::optional<std::string> configuration_of_process(const std::string& root, const std::string& pid) {
    std::istringstream environment{text_of(in_root(root, "/proc/" + pid + "/environ"))};
    std::string configuration;
    bool readable = false;
    for (std::string variable; std::getline(environment, variable, '\0');) {
        readable = readable || variable.starts_with("PATH=");
        configuration = variable.starts_with("OPENSSL_CONF=") ? variable.substr(variable.find('=') + 1) : configuration;
    }
    return readable ? std::optional{configuration} : std::nullopt;
}

// report_running compares the processes of a service with what it would get if it were started now.
void report_running(CheckReport& report, const UnitSettings& unit, const Environment& environment,
                    const std::string& root) {
    const auto chosen = environment.find("OPENSSL_CONF");
    const auto wanted = chosen == environment.end() ? std::string{} : chosen->second;
    std::istringstream processes{
        text_of(in_root(root, "/sys/fs/cgroup/system.slice/" + unit.name() + "/cgroup.procs"))};
    for (std::string pid; std::getline(processes, pid);) {
        const auto started_with = configuration_of_process(root, pid);
        if (started_with && *started_with != wanted) {
            report.note("running",
                        "process " + pid + " was started with " +
                            (started_with->empty() ? "no OPENSSL_CONF" : "OPENSSL_CONF=" + *started_with),
                        "`systemctl daemon-reload`, then `systemctl restart " + short_name(unit) + "`");
            return;
        }
    }
}

// profile_name is the file in which AppArmor has the profile of a program by habit: usr.sbin.mosquitto.
std::string profile_name(std::string program) {
    program.erase(0, program.find_first_not_of("@-:+!/"));
    std::ranges::replace(program, '/', '.');
    return program;
}

// AppArmor confines by path, whoever starts the program.
void report_apparmor(CheckReport& report, const UnitSettings& unit, const std::string& root) {
    const auto enabled = text_of(in_root(root, "/sys/module/apparmor/parameters/enabled"));
    const auto program = unit.words("ExecStart");
    if (!enabled.starts_with('Y') || program.empty()) {
        return;
    }
    const auto name = profile_name(program.front());
    const auto profile = text_of(in_root(root, "/etc/apparmor.d/" + name));
    const auto local = text_of(in_root(root, "/etc/apparmor.d/local/" + name));
    constexpr auto needed = "abstractions/trustx";
    if (profile.empty()) {
        report.ok("AppArmor", "has no profile /etc/apparmor.d/" + name);
    } else if (profile.find(needed) != std::string::npos || local.find(needed) != std::string::npos) {
        report.ok("AppArmor", "/etc/apparmor.d/" + name + " includes abstractions/trustx");
    } else {
        report.note("AppArmor", "/etc/apparmor.d/" + name + " confines the program and does not allow the chip",
                    "add `include <abstractions/trustx>` and a rule for the key file to /etc/apparmor.d/local/" + name +
                        ", then `apparmor_parser -r /etc/apparmor.d/" + name + "`");
    }
}

}  // namespace

Result<std::optional<UnitSettings>> become_checked(CheckReport& report, const SetupCheckOptions& options) {
    std::optional<UnitSettings> unit;
    if (!options.service.empty()) {
        TRY(const auto name, service_name(options.service));
        TRY(unit, UnitSettings::read(options.root, name));
    }
    if (!unit && options.user.empty()) {
        return unit;
    }
    TRY(const auto identity, options.user.empty() ? identity_of_service(*unit) : identity_of(options.user));
    // systemd reads the files of the environment as root.
    const auto environment = unit ? unit->environment(options.root) : Environment{};
    if (unit) {
        report_running(report, *unit, environment, options.root);
    }
    TRYV(become(identity));
    if (unit) {
        take_environment(environment, identity);
        report_configuration_of(report, *unit, environment);
    } else {
        set_user_variables(identity);
    }
    report.ok("user", "checked as " + description(identity));
    return unit;
}

void check_service(CheckReport& report, const UnitSettings& unit, const Settings& settings, const std::string& root) {
    const auto missing = missing_access(unit, access_for(unit.name(), settings));
    std::string list;
    for (const auto& obstacle : missing) {
        list += (list.empty() ? "" : ", ") + obstacle;
    }
    if (missing.empty()) {
        report.ok("sandbox", "the unit lets bus and lock directory through");
    } else {
        report.failed("sandbox", InputErrc::check_failed, "the unit keeps the chip from the program: " + list,
                      "`trustx setup enable --service " + short_name(unit) + "` lets through what is needed");
    }
    report_apparmor(report, unit, root);
}

}  // namespace trustx::cli
