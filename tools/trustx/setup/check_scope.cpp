// SPDX-License-Identifier: Apache-2.0
// Whether libssl and libcrypto ask the provider for as much of TLS as the setting `scope` says that the chip does.
#include "common/text/lower_case.hpp"
#include "setup/checks.hpp"
#include "setup/scope.hpp"

namespace trustx::cli {
namespace {

const std::string tls_section = "the section that system_default names in the one that ssl_conf names";

std::string section_for(const std::string& named, const std::string& otherwise) {
    return named.empty() ? otherwise : "section [" + named + "]";
}

void check_order(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry,
                 Scope scope) {
    const auto& section = configuration.providers_section;
    if (const auto* other = sorts_behind(configuration, entry)) {
        report.failed("scope", InputErrc::check_failed,
                      "the name " + entry.name + " sorts behind " + other->name +
                          ", from which libssl takes the groups then: ephemeral keys stay in software",
                      "name the provider " + std::string{name_ahead} + " in [" + section +
                          "], with `module = trustx.so` in [" + entry.section + "]");
    } else if (const auto* first = listed_behind(configuration, entry)) {
        report.failed("scope", InputErrc::check_failed,
                      "the line of " + entry.name + " is behind that of " + first->name +
                          ", from which libssl takes the groups then: ephemeral keys stay in software",
                      "put `" + entry.line + " = " + entry.section + "` first in [" + section + "]");
    } else {
        report.ok("scope", to_string(scope) + ": libssl takes the groups P-256 and P-384 from " + entry.name);
    }
}

void check_groups(CheckReport& report, const OpensslConfiguration& configuration) {
    if (const auto fault = fault_of_groups(configuration.tls_groups); !fault.empty()) {
        report.failed("groups", InputErrc::check_failed, fault,
                      "write `Groups = " + std::string{groups_to_write} + "` into " +
                          section_for(configuration.tls_section, tls_section));
    } else {
        report.ok("groups", configuration.tls_groups);
    }
}

void check_properties(CheckReport& report, const OpensslConfiguration& configuration) {
    const auto& properties = configuration.default_properties;
    if (prefers_trustx(properties)) {
        report.ok("properties", "default_properties = " + properties);
        return;
    }
    report.failed("properties", InputErrc::check_failed,
                  "default_properties do not prefer trustx: libssl derives the keys of TLS 1.2 by OpenSSL's own "
                  "functions, so the master secret is in memory",
                  "write `default_properties = " + (properties.empty() ? "" : properties + ",") + properties_to_write +
                      "` into " +
                      section_for(configuration.algorithms_section,
                                  "the section that alg_section names in [" + configuration.init_section + "]"));
}

void check_ciphers(CheckReport& report, const OpensslConfiguration& configuration) {
    const auto& ciphers = configuration.tls_ciphers;
    if (!first_is_sha256(ciphers)) {
        report.failed(
            "ciphers", InputErrc::check_failed,
            (ciphers.empty() ? std::string{"no `CipherString` for TLS"} : "`CipherString = " + ciphers + "`") +
                ": most handshakes of TLS 1.2 use a cipher with a hash that the chip does not have, and then "
                "the master secret is in memory",
            "write `CipherString = " + ciphers_to_write(ciphers) + "` into " +
                section_for(configuration.tls_section, tls_section));
    } else {
        report.ok("ciphers", ciphers);
    }
    if (text::lower_case(configuration.tls_maximum) != "tlsv1.2") {
        report.note("versions",
                    "what speaks TLS 1.3 with the other side has its ephemeral keys in the chip, and not the secrets "
                    "derived from them",
                    "where TLS 1.2 is wanted for that, write `MaxProtocol = TLSv1.2` into " +
                        section_for(configuration.tls_section, tls_section));
    }
}

}  // namespace

void check_scope(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry,
                 const SettingValues& settings) {
    const auto* const setting = settings.find("scope");
    const auto scope = setting == nullptr ? Scope::signature : parse_scope(setting->text).value_or(Scope::signature);
    if (scope == Scope::signature) {
        return;
    }
    check_order(report, configuration, entry, scope);
    check_groups(report, configuration);
    if (scope == Scope::key_schedule) {
        check_properties(report, configuration);
        check_ciphers(report, configuration);
    }
}

}  // namespace trustx::cli
