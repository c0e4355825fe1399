// SPDX-License-Identifier: Apache-2.0
#include "setup/users.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"
#include "setup/marked_block.hpp"
#include "setup/service_drop_in.hpp"

#include <trustx/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <sstream>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

// The range in which systemd gives numbers to users that exist only while their service runs (DynamicUser=).
constexpr uid_t first_dynamic_user = 61184;

// members_in reads /etc/group of another root: what follows the last colon. Nothing: there is no such group.
std::optional<std::string> members_in(const std::string& root, const std::string& group) {
    const auto content = files::read_input(in_root(root, "/etc/group"));
    const std::string text = content ? std::string{content->begin(), content->end()} : std::string{};
    for (const auto& line : lines_of(text)) {
        if (line.text().starts_with(group + ":")) {
            return std::string{line.text().substr(line.text().rfind(':') + 1)};
        }
    }
    return std::nullopt;
}

std::vector<gid_t> groups_of(const std::string& user, gid_t group) {
    std::vector<gid_t> groups(64);
    for (int count = static_cast<int>(groups.size());;) {
        if (::getgrouplist(user.c_str(), group, groups.data(), &count) >= 0) {
            groups.resize(static_cast<std::size_t>(count));
            return groups;
        }
        groups.resize(std::max(groups.size() * 2, static_cast<std::size_t>(count)));
        count = static_cast<int>(groups.size());
    }
}

const passwd* find_user(const std::string& user) {
    const bool number = !user.empty() && std::ranges::all_of(user, [](char c) { return c >= '0' && c <= '9'; });
    return number ? ::getpwuid(static_cast<uid_t>(std::strtoul(user.c_str(), nullptr, 10))) : ::getpwnam(user.c_str());
}

std::optional<gid_t> find_group(const std::string& group) {
    const bool number = !group.empty() && std::ranges::all_of(group, [](char c) { return c >= '0' && c <= '9'; });
    const auto* found = number ? nullptr : ::getgrnam(group.c_str());
    if (found != nullptr) {
        return found->gr_gid;
    }
    return number ? std::optional{static_cast<gid_t>(std::strtoul(group.c_str(), nullptr, 10))} : std::nullopt;
}

std::string group_name(gid_t group) {
    const auto* found = ::getgrgid(group);
    return found != nullptr ? found->gr_name : std::to_string(group);
}

Result<gid_t> group_of_unit(const UnitSettings& unit, const std::string& group) {
    const auto found = find_group(group);
    if (!found) {
        return fail(InputErrc::check_failed, unit.name() + " names the group " + group +
                                                 ", which does not exist: systemd does not start it (status 216)");
    }
    return *found;
}

Result<Identity> base_identity(const UnitSettings& unit, const std::string& user) {
    if (find_user(user) != nullptr) {
        return identity_of(user);
    }
    if (!unit.is_on("DynamicUser")) {
        return fail(InputErrc::check_failed, unit.name() + " names the user " + user +
                                                 ", who does not exist: systemd does not start it (status 217)");
    }
    return Identity{.name = user, .home = "/", .user = first_dynamic_user, .group = first_dynamic_user, .groups = {}};
}

}  // namespace

bool group_exists(const std::string& root, const std::string& group) {
    return root.empty() ? ::getgrnam(group.c_str()) != nullptr : members_in(root, group).has_value();
}

bool in_group(const std::string& root, const std::string& user, const std::string& group) {
    if (user.empty()) {
        return true;
    }
    if (!root.empty()) {
        std::istringstream members{members_in(root, group).value_or("")};
        for (std::string member; std::getline(members, member, ',');) {
            if (member == user) {
                return true;
            }
        }
        return false;
    }
    const auto* entry = ::getpwnam(user.c_str());
    const auto wanted = find_group(group);
    const auto groups = entry != nullptr ? groups_of(user, entry->pw_gid) : std::vector<gid_t>{};
    return wanted && std::ranges::find(groups, *wanted) != groups.end();
}

Result<Identity> identity_of(const std::string& user) {
    const auto* entry = find_user(user);
    if (entry == nullptr) {
        return fail(InputErrc::usage, "there is no user " + user);
    }
    const std::string name = entry->pw_name;
    const auto group = entry->pw_gid;
    Identity identity{.name = name, .home = entry->pw_dir, .user = entry->pw_uid, .group = group, .groups = {}};
    identity.groups = groups_of(name, group);
    return identity;
}

Result<Identity> identity_of_service(const UnitSettings& unit) {
    auto user = unit.value("User");
    // The groups of systemd go when the program becomes another user.
    const auto own = user.empty() && !unit.is_on("DynamicUser") ? becomes_user(unit.name()) : std::string{};
    if (!own.empty()) {
        return base_identity(unit, own);
    }
    if (user.empty()) {
        user = unit.is_on("DynamicUser") ? unit.name().substr(0, unit.name().find('.')) : "root";
    }
    TRY(auto identity, base_identity(unit, user));
    if (const auto group = unit.value("Group"); !group.empty()) {
        TRY(identity.group, group_of_unit(unit, group));
    }
    for (const auto& group : unit.words("SupplementaryGroups")) {
        TRY(const auto number, group_of_unit(unit, group));
        identity.groups.push_back(number);
    }
    return identity;
}

Result<void> become(const Identity& identity) {
    const bool is_root = ::geteuid() == 0;
    if (!is_root && identity.user == ::geteuid()) {
        return {};  // with the groups that this process has, which only a new login changes
    }
    if (!is_root || ::setgroups(identity.groups.size(), identity.groups.data()) != 0 ||
        ::setresgid(identity.group, identity.group, identity.group) != 0 ||
        ::setresuid(identity.user, identity.user, identity.user) != 0) {
        return fail(InputErrc::refused, "to check as " + identity.name + " takes root: run this with sudo");
    }
    return {};
}

std::string description(const Identity& identity) {
    std::set<gid_t> groups{identity.groups.begin(), identity.groups.end()};
    groups.insert(identity.group);
    std::string names;
    for (const auto group : groups) {
        names += (names.empty() ? "" : ", ") + group_name(group);
    }
    return identity.name + " (uid " + std::to_string(identity.user) + "; groups " + names + ")";
}

}  // namespace trustx::cli
