// SPDX-License-Identifier: Apache-2.0
// What the configuration file says.
#include "common/files/input_file.hpp"
#include "common/openssl/environment.hpp"
#include "setup/checks.hpp"
#include "setup/closed_path.hpp"
#include "setup/machine.hpp"
#include "setup/setup_block.hpp"

namespace trustx::cli {
namespace {

std::string how_activated(const MarkedText& parts, const ProviderEntry& entry) {
    return parts.block.empty() ? "by its section [" + entry.section + "]" : "by the block of `trustx setup enable`";
}

// how_to_enable names a command that does it, or what keeps the command from it.
std::string how_to_enable(const std::string& path) {
    const auto possible = can_enable_machine(path);
    return possible ? "`trustx setup enable --config " + path + "`"
                    : "`trustx setup enable` cannot do it (" + possible.error().description() + ")";
}

void report_default_provider(CheckReport& report, const OpensslConfiguration& configuration) {
    if (configuration.activates("default")) {
        report.ok("default provider", "is activated as well");
    } else if (configuration.activates("fips")) {
        report.note("default provider", "is not activated, but fips is");
    } else {
        report.failed("default provider", InputErrc::check_failed,
                      "is not activated, and no longer implied because trustx is: nothing that uses TLS can work",
                      "add `default = default_sect` to [" + configuration.providers_section +
                          "], with `activate = 1` in [default_sect]");
    }
}

void report_properties(CheckReport& report, const OpensslConfiguration& configuration) {
    const bool claim = configuration.claims_fips();
    if (claim) {
        report.note(
            "claim-fips",
            "the provider's algorithms count as fips=yes, although it is no validated module: the claim is yours",
            "delete the line if nobody demands fips=yes, or the claim is not meant");
    }
    const auto& properties = configuration.default_properties;
    const auto* const entry = configuration.trustx();
    if (properties.empty() || (entry != nullptr && scope_of(*entry) == Scope::key_schedule)) {
        return;  // check_scope judges what a scope needs
    }
    if (claim && properties == "fips=yes") {
        report.ok("properties", "default_properties = fips=yes, which claim-fips answers");
        return;
    }
    // A property without question mark is demanded of every algorithm.
    if (properties.front() == '?' && unmet_property(properties, claim).empty()) {
        report.note("properties", "default_properties = " + properties + " is not needed for keys in the chip");
    } else {
        report.failed("properties", InputErrc::check_failed,
                      "default_properties = " + properties + " keeps programs away from providers that lack it",
                      "remove the line, or put a question mark in front of the property");
    }
}

}  // namespace

std::optional<OpensslConfiguration> check_configuration(CheckReport& report, const std::string& path) {
    if (path.empty()) {
        report.failed("configuration", InputErrc::usage, openssl::no_configuration,
                      "unset it, or set it to /etc/trustx/openssl-trustx.cnf");
        return std::nullopt;
    }
    const auto content = files::read_input(path);
    if (!content) {
        report.failed("configuration", content.error(),
                      remedy_for_reading(path, "name it with --config, or set OPENSSL_CONF to one that is there"));
        return std::nullopt;
    }
    const std::string text{content->begin(), content->end()};
    const auto parts = MarkedText::split(text, path);
    const auto configuration = OpensslConfiguration::parse(text, path);
    for (const auto* failure : {parts ? nullptr : &parts.error(), configuration ? nullptr : &configuration.error()}) {
        if (failure != nullptr) {
            report.failed("configuration", *failure, "correct the file by hand");
            return std::nullopt;
        }
    }
    const auto* entry = configuration->trustx();
    if (configuration->activates_trustx()) {
        report.ok("configuration", path + " activates trustx " + how_activated(*parts, *entry));
        report_default_provider(report, *configuration);
    } else if (const auto* other = entry == nullptr ? configuration->trustx_without_module() : nullptr) {
        report.failed("configuration", InputErrc::check_failed,
                      path + ": section [" + other->section + "] is that of the provider " + other->name +
                          ", and OpenSSL looks for a module of that name",
                      "write `module = trustx.so` into [" + other->section + "]");
    } else {
        report.failed("configuration", InputErrc::check_failed,
                      path + (entry == nullptr ? " does not name the provider trustx"
                                               : " names the provider trustx, but section [" + entry->section +
                                                     "] does not say `activate = 1`"),
                      how_to_enable(path) + ", or OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf");
    }
    report_properties(report, *configuration);
    return *configuration;
}

SettingValues check_settings(CheckReport& report, const OpensslConfiguration& configuration,
                             const ProviderEntry& entry) {
    SettingValues usable;
    const auto section = "section [" + entry.section + "] of the OpenSSL configuration";
    for (const auto& [name, value] : entry.settings) {
        if (configuration.has_section(value)) {
            report.failed("setting",
                          Error{Errc::setting_invalid,
                                section + ": `" + name + "`: there is a section [" + value +
                                    "], whose lines OpenSSL passes to the provider in place of this value"},
                          "give section [" + value + "] another name");
            continue;
        }
        if (const auto set = usable.set(SettingLayer::openssl_conf, name, value, section); !set) {
            report.failed("setting", set.error(), "correct the setting or delete its line");
        }
    }
    return usable;
}

}  // namespace trustx::cli
