// SPDX-License-Identifier: Apache-2.0
// trustx setup enable and disable for one systemd service, by a drop-in of its unit. No service is started, stopped or
// enabled: what is left to do is printed as commands, one a line.
#pragma once

#include "cli/context.hpp"
#include "setup/scope.hpp"
#include "setup/service_drop_in.hpp"

#include <trustx/result.hpp>
#include <trustx/settings.hpp>

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

struct ServiceOptions {
    std::string service;  // as given: "mosquitto"
    std::string root;     // the root directory of another machine, an image for example; empty: this one
    std::string config;   // the configuration that the service gets; empty: the installed one
    bool harden = false;
    bool print = false;               // the drop-in to standard output, and nothing installed
    std::optional<Scope> scope = {};  // nothing: as it is
};

// installed_configuration loads the provider for single programs.
inline constexpr const char* installed_configuration = "/etc/trustx/openssl-trustx.cnf";

// own_configuration is what a service gets where its scope is not that of the configuration that others read:
// "/etc/trustx/services/mosquitto.cnf". It includes that one and changes what the scope needs.
std::string own_configuration(const std::string& service);

// drop_in_path is where the service's drop-in is: "/etc/systemd/system/mosquitto.service.d/trustx.conf".
std::string drop_in_path(const std::string& root, const std::string& service);

// enabled_services are those with a drop-in of `setup enable` in this root: "mosquitto.service".
std::vector<std::string> enabled_services(const std::string& root);

// access_for says what a service needs to use the chip of these settings.
ServiceAccess access_for(const std::string& service, const Settings& settings);

Result<void> enable_service(const Context& context, const ServiceOptions& options);

// disable_service leaves what a person added to the drop-in.
Result<void> disable_service(const Context& context, const ServiceOptions& options);

// disable_all undoes what enable did in this root, for the machine and for every service, as far as it can. Error: the
// first, when all was tried.
Result<void> disable_all(const Context& context, const std::string& root);

}  // namespace trustx::cli
