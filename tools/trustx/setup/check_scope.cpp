// SPDX-License-Identifier: Apache-2.0
// Whether libssl and libcrypto ask the provider for as much of TLS as the setting `scope` says that the chip does.
#include "common/text/lower_case.hpp"
#include "setup/checks.hpp"
#include "setup/scope.hpp"

namespace trustx::cli {
namespace {

// free_section is a name for a section that is not there yet.
std::string free_section(const OpensslConfiguration& configuration, std::string name) {
    while (configuration.has_section(name)) {
        name += "_more";
    }
    return name;
}

// how_to_write says where a line goes that libssl does for every SSL_CTX, with the lines that lead there.
std::string how_to_write(const OpensslConfiguration& configuration, const std::string& line) {
    std::string remedy = "write ";
    auto applications = configuration.ssl_section;
    if (applications.empty()) {
        applications = free_section(configuration, "ssl_sect");
        remedy += "`ssl_conf = " + applications + "` into section [" + configuration.init_section + "], ";
    }
    auto section = configuration.tls_section;
    if (section.empty()) {
        section = free_section(configuration, "system_default_sect");
        remedy += "`system_default = " + section + "` into section [" + applications + "], ";
    }
    return remedy + "`" + line + "` into section [" + section + "]";
}

std::string how_to_write_properties(const OpensslConfiguration& configuration, const std::string& line) {
    std::string remedy = "write ";
    auto section = configuration.algorithms_section;
    if (section.empty()) {
        section = free_section(configuration, "algorithm_sect");
        remedy += "`alg_section = " + section + "` into section [" + configuration.init_section + "], ";
    }
    return remedy + "`" + line + "` into section [" + section + "]";
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
                      how_to_write(configuration, "Groups = " + std::string{groups_to_write}));
    } else {
        report.ok("groups", configuration.tls_groups);
    }
}

void check_properties(CheckReport& report, const OpensslConfiguration& configuration) {
    const auto& properties = configuration.default_properties;
    const auto unmet = unmet_property(properties, configuration.claims_fips());
    const auto remedy = how_to_write_properties(
        configuration, "default_properties = " + wanted_properties(properties, configuration.claims_fips()));
    if (!unmet.empty()) {
        report.failed("properties", InputErrc::check_failed,
                      "default_properties = " + properties + " demand " + unmet +
                          " of every algorithm, which the provider's do not have: while they do, the chip does nothing "
                          "of TLS",
                      remedy);
        return;
    }
    if (prefers_trustx(properties)) {
        report.ok("properties", "default_properties = " + properties);
        return;
    }
    report.failed("properties", InputErrc::check_failed,
                  (properties.empty() ? "default_properties" : "default_properties = " + properties) +
                      " do not prefer trustx: libssl derives the keys of TLS 1.2 by OpenSSL's own functions, so the "
                      "master secret is in memory",
                  remedy);
}

void check_ciphers(CheckReport& report, const OpensslConfiguration& configuration) {
    const auto& ciphers = configuration.tls_ciphers;
    const auto fault = fault_of_ciphers(ciphers);
    if (!first_is_sha256(ciphers)) {
        report.failed(
            "ciphers", InputErrc::check_failed,
            (ciphers.empty() ? std::string{"no `CipherString` for TLS"} : "`CipherString = " + ciphers + "`") +
                ": most handshakes of TLS 1.2 use a cipher with a hash that the chip does not have, and then "
                "the master secret is in memory" +
                (fault.empty() ? fault : "; ECDHE-ECDSA-AES128-GCM-SHA256 cannot be put first" + fault),
            how_to_write(configuration, "CipherString = " + advised_ciphers(ciphers)));
    } else {
        report.ok("ciphers", ciphers);
    }
}

void check_versions(CheckReport& report, const OpensslConfiguration& configuration) {
    if (const auto fault = fault_of_versions(configuration); !fault.empty()) {
        report.failed("versions", InputErrc::check_failed, fault,
                      "write `MinProtocol = TLSv1.2` into section [" + configuration.tls_section +
                          "] in place of that line, or remove it");
    } else if (text::lower_case(configuration.tls_maximum) != "tlsv1.2") {
        report.note("versions",
                    "what speaks TLS 1.3 with the other side has its ephemeral keys in the chip, and not the secrets "
                    "derived from them",
                    "where TLS 1.2 is wanted for that, " + how_to_write(configuration, "MaxProtocol = TLSv1.2"));
    }
}

// Of these no configuration decides.
void report_what_others_decide(CheckReport& report, const OpensslConfiguration& configuration) {
    report.note(
        "suites",
        "the other side's order of suites, and a program's own list, decide which is used; a trace of the program "
        "shows GenKeyPair, CalcSSec and 4 DeriveKey for each handshake whose keys the chip derived",
        "`TRUSTX_TRACE=FILE` in the environment of the program, then `trustx trace FILE`");
    const bool no_tickets = text::lower_case(configuration.tls_options).find("-sessionticket") != std::string::npos;
    report.note(
        "sessions",
        "a client that resumes a session of TLS 1.2 gets no connection once the chip has other keys in its place",
        "in a server switch the cache of sessions off" +
            (no_tickets ? std::string{} : ", and tickets: " + how_to_write(configuration, "Options = -SessionTicket")));
}

void report_need_of_chip(CheckReport& report, const ProviderEntry& entry, bool for_service) {
    if (goes_on_in_software(entry)) {
        return;
    }
    report.note("need of the chip",
                for_service
                    ? "the service gets no TLS while the chip does not answer"
                    : "every program with this configuration needs the chip for TLS: users outside of the group "
                      "trustx get none, and nobody while the chip does not answer",
                (for_service ? "" : "`trustx setup enable --service NAME` gives the scope to single services; ") +
                    std::string{"`ephemeral-fallback = software` in section ["} + entry.section +
                    "] has handshakes go on without the chip");
}

}  // namespace

void check_scope(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry,
                 const SettingValues& settings, bool for_service) {
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
        check_versions(report, configuration);
        report_what_others_decide(report, configuration);
    }
    report_need_of_chip(report, entry, for_service);
}

}  // namespace trustx::cli
