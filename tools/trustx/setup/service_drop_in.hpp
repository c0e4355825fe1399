// SPDX-License-Identifier: Apache-2.0
// The drop-in that lets a systemd service use keys in the chip, whatever its unit forbids otherwise. This is the only
// place that makes one: `trustx setup enable --service` installs it, the samples in conf/services are what it prints.
#pragma once

#include "setup/unit_settings.hpp"

#include <string>
#include <vector>

namespace trustx::cli {

// ServiceAccess is what the service needs to be given.
struct ServiceAccess {
    std::string service;               // "mosquitto.service"
    std::string openssl_conf;          // the configuration that loads the provider
    std::string chip;                  // address for TRUSTX_DEVICE; empty: as trustx.conf says
    std::vector<std::string> devices;  // nodes of the bus and of the GPIO controllers: "/dev/i2c-1"
    std::string lock_directory;
    bool harden = false;  // forbid everything else that the program does not need; only for known services
};

// Sandbox is what a unit forbids of that.
struct Sandbox {
    bool hides_devices = false;       // PrivateDevices=
    bool limits_devices = false;      // DevicePolicy=, DeviceAllow=: all that is not named
    bool makes_read_only = false;     // the lock directory, unless ReadWritePaths= names it
    std::string root_directory = {};  // a root of its own; empty: the machine's

    static Sandbox of(const UnitSettings& unit, const std::string& lock_directory);
};

// missing_access lists what the unit, all drop-ins included, keeps from the program, as the line of the unit that does
// it: "PrivateDevices=yes". Empty: it can use the chip.
std::vector<std::string> missing_access(const UnitSettings& unit, const ServiceAccess& access);

// becomes_user is the user that the program becomes by itself after systemd started it as root, with that user's groups
// in /etc/group: "mosquitto". Empty: not known to do so.
std::string becomes_user(const std::string& service);

// can_be_hardened tells which services `harden` is for.
bool can_be_hardened(const std::string& service);

// drop_in_text is the whole file, one marked block.
std::string drop_in_text(const ServiceAccess& access, const Sandbox& sandbox);

}  // namespace trustx::cli
