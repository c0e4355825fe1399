// SPDX-License-Identifier: Apache-2.0
// What the packages install for the permission to use the chip: group, udev rule, lock directory. None of it is
// indispensable, as a chip may be reached in other ways: what is missing is a note, and the chip's own check fails
// where it matters.
#include "setup/checks.hpp"
#include "setup/users.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* group = "trustx";

std::string name_of_group(gid_t number) {
    const auto* entry = ::getgrgid(number);
    return entry != nullptr ? entry->gr_name : std::to_string(number);
}

bool process_has(gid_t number) {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return ::getegid() == number || std::ranges::find(groups, number) != groups.end();
}

bool installed(const std::string& root, const std::string& kind, const std::string& name) {
    constexpr std::array<const char*, 4> directories{"/etc/", "/run/", "/usr/lib/", "/lib/"};
    return std::ranges::any_of(directories, [&](const char* directory) {
        std::error_code ignored;
        return fs::exists(in_root(root, directory + kind + "/" + name), ignored);
    });
}

void check_group(CheckReport& report, const std::string& root) {
    if (!group_exists(root, group)) {
        report.note("group", std::string{"there is no group "} + group, "`systemd-sysusers` makes it");
        return;
    }
    const auto* entry = ::getgrnam(group);
    const auto* user = ::getpwuid(::geteuid());
    if (::geteuid() == 0 || (entry != nullptr && process_has(entry->gr_gid))) {
        report.ok("group", group);
    } else {
        report.note("group", std::string{"this process is not in the group "} + group,
                    std::string{"`usermod -aG trustx "} + (user != nullptr ? user->pw_name : "USER") +
                        "` as root, then log out and in again or restart the service");
    }
}

void check_bus(CheckReport& report, const BusAddress& address, const std::string& root) {
    struct stat status {};
    const auto path = in_root(root, address.path);
    if (address.kind != BusAddress::Kind::linux_i2c || ::stat(path.c_str(), &status) != 0) {
        return;
    }
    const auto owner = name_of_group(status.st_gid);
    constexpr mode_t for_group = S_IRGRP | S_IWGRP;
    if (owner == group && (status.st_mode & for_group) == for_group) {
        report.ok("bus", address.path + " belongs to the group trustx");
    } else if (!installed(root, "udev/rules.d", "70-trustx.rules")) {
        report.note("bus", address.path + " belongs to the group " + owner + "; the udev rule is not installed",
                    "install 70-trustx.rules in /etc/udev/rules.d, or put the users into the group " + owner);
    } else {
        report.note(
            "bus", address.path + " belongs to the group " + owner + ", in spite of the udev rule",
            "`udevadm control --reload && udevadm trigger`; the rule names one bus: see whether it is this one");
    }
}

void check_lock_directory(CheckReport& report, const std::string& directory, const std::string& root) {
    struct stat status {};
    const auto path = in_root(root, directory);
    const bool is_default = directory == DeviceOptions{}.lock_directory;
    if (::lstat(path.c_str(), &status) != 0) {
        report.note("lock directory", "there is no " + directory + " yet; the first program makes it, for everybody",
                    is_default ? "`systemd-tmpfiles --create trustx.conf` makes it for the group trustx" : "");
    } else if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        report.note("lock directory",
                    directory + " is closed to this process; it belongs to the group " + name_of_group(status.st_gid),
                    "put the user into that group");
    } else {
        report.ok("lock directory", directory + ", of the group " + name_of_group(status.st_gid));
    }
    if (is_default && !installed(root, "tmpfiles.d", "trustx.conf")) {
        report.note("lock directory", "nothing makes it when the machine starts",
                    "install tmpfiles.d/trustx.conf in /etc/tmpfiles.d");
    }
}

// A profile that does not include the abstraction keeps the chip from its program.
void check_apparmor(CheckReport& report, const std::string& root) {
    std::ifstream enabled{in_root(root, "/sys/module/apparmor/parameters/enabled")};
    std::error_code ignored;
    if (enabled.get() != 'Y') {
        return;
    }
    if (fs::exists(in_root(root, "/etc/apparmor.d/abstractions/trustx"), ignored)) {
        report.ok("abstraction", "AppArmor is on, and profiles can include abstractions/trustx");
    } else {
        report.note("abstraction",
                    "AppArmor is on, and there is no abstraction for profiles of programs that use the chip",
                    "install apparmor/trustx in /etc/apparmor.d/abstractions");
    }
}

}  // namespace

void check_system(CheckReport& report, const Settings& settings, const std::string& root) {
    check_group(report, root);
    check_bus(report, settings.address, root);
    check_lock_directory(report, settings.options.lock_directory, root);
    check_apparmor(report, root);
}

}  // namespace trustx::cli
