// SPDX-License-Identifier: Apache-2.0
// Users and groups of this machine, by NSS, or of another root, by its /etc/group; and becoming one of them.
#pragma once

#include "setup/unit_settings.hpp"

#include <trustx/result.hpp>

#include <string>
#include <vector>

#include <sys/types.h>

namespace trustx::cli {

// group_exists looks for a group.
bool group_exists(const std::string& root, const std::string& group);

// in_group says that a user is a member. An empty name is no user's, and counts as one: there is nobody to add.
bool in_group(const std::string& root, const std::string& user, const std::string& group);

// Identity is whom a program runs as.
struct Identity {
    std::string name;
    std::string home;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;  // all of them
};

// identity_of is a user after a login. Error: InputErrc::usage when there is none of that name or number.
Result<Identity> identity_of(const std::string& user);

// identity_of_service is whom systemd starts the service as, or whom the program becomes by itself.
// Errors: InputErrc::check_failed when systemd could not start it, because a user or group of the unit is missing.
Result<Identity> identity_of_service(const UnitSettings& unit);

// become makes this process run as somebody else from now on, without a way back. Errors: InputErrc::refused without
// the right to do so.
Result<void> become(const Identity& identity);

// description is "mosquitto (uid 104; groups mosquitto, trustx)".
std::string description(const Identity& identity);

}  // namespace trustx::cli
