// SPDX-License-Identifier: Apache-2.0
// Whether libssl asks the provider for the ephemeral keys of TLS, where the setting `scope` says that the chip makes
// them (openssl-provider.md section 6.1).
#include "common/openssl/curve_names.hpp"
#include "setup/checks.hpp"

#include <trustx/key.hpp>

#include <algorithm>
#include <sstream>

namespace trustx::cli {
namespace {

constexpr const char* groups_to_write =
    "write `Groups = P-256:P-384:P-521` into the section that system_default names in the one that ssl_conf names";

// Names of groups as libssl takes them, without the marks of its newer versions.
std::vector<std::string> group_names(std::string list) {
    std::replace(list.begin(), list.end(), '/', ':');
    std::vector<std::string> names;
    std::istringstream stream{list};
    for (std::string name; std::getline(stream, name, ':');) {
        std::erase_if(name, [](char mark) { return mark == '?' || mark == '*' || mark == ' '; });
        names.push_back(name);
    }
    return names;
}

bool chip_has(const std::string& group) {
    return curve_named(openssl::group_name(group)).has_value();
}

// libssl knows groups of EC keys, besides those that have our algorithm, by the curves of its own default provider.
bool is_other_curve(const std::string& group) {
    return !chip_has(group) && !openssl::group_name(group).empty();
}

void check_name(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry) {
    for (const auto& other : configuration.providers) {
        const bool has_groups = other.name == "default" || other.name == "fips";
        if (has_groups && other.activation != Activation::no && other.name < entry.name) {
            report.failed("scope", InputErrc::check_failed,
                          "the name " + entry.name + " sorts behind " + other.name +
                              ", from which libssl takes the groups then: ephemeral keys stay in software",
                          "name the provider a-trustx in [" + configuration.providers_section +
                              "], with `module = trustx.so` in [" + entry.section + "]");
            return;
        }
    }
    report.ok("scope", "ephemeral: libssl takes the groups P-256 and P-384 from " + entry.name);
}

void check_groups(CheckReport& report, const std::string& list) {
    const auto groups = group_names(list);
    if (list.empty() || groups.empty() || !chip_has(groups.front())) {
        report.failed("groups", InputErrc::check_failed,
                      (list.empty() ? std::string{"no `Groups` for TLS"} : "`Groups = " + list + "`") +
                          ": most handshakes use a group that the chip does not have",
                      groups_to_write);
    } else if (std::ranges::none_of(groups, is_other_curve)) {
        report.failed(
            "groups", InputErrc::check_failed,
            "`Groups = " + list +
                "` has no curve but those of the chip: programs that offer TLS 1.2 only name no group then, and "
                "their handshakes fail",
            groups_to_write);
    } else {
        report.ok("groups", list);
    }
}

}  // namespace

void check_scope(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry,
                 const SettingValues& settings) {
    const auto* const scope = settings.find("scope");
    if (scope == nullptr || scope->text == "signature") {
        return;
    }
    check_name(report, configuration, entry);
    check_groups(report, configuration.tls_groups);
}

}  // namespace trustx::cli
