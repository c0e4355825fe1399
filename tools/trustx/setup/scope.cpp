// SPDX-License-Identifier: Apache-2.0
#include "setup/scope.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/curve_names.hpp"
#include "common/openssl/handles.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "setup/plain_word.hpp"

#include <trustx/key.hpp>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>
#include <vector>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

namespace trustx::cli {
namespace {

using SslContext = openssl::Handle<SSL_CTX, SSL_CTX_free>;

constexpr std::array<std::pair<Scope, std::string_view>, 3> names_of_scopes{
    {{Scope::signature, "signature"}, {Scope::ephemeral, "ephemeral"}, {Scope::key_schedule, "key-schedule"}}};

constexpr std::string_view ciphers_in_front = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:";
// libssl takes the word DEFAULT at the beginning of a list only. This is what it stands for (openssl-ciphers(1)).
constexpr std::string_view default_ciphers = "ALL:!COMPLEMENTOFDEFAULT:!eNULL";

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream{std::string{list}};
    for (std::string part; std::getline(stream, part, separator);) {
        parts.push_back(part);
    }
    return parts;
}

// Names of groups as libssl takes them, without the marks of its newer versions.
std::vector<std::string> group_names(std::string list) {
    std::replace(list.begin(), list.end(), '/', ':');
    auto names = split(list, ':');
    for (auto& name : names) {
        std::erase_if(name, [](char mark) { return mark == '?' || mark == '*' || mark == ' '; });
    }
    return names;
}

bool chip_has(const std::string& group) {
    return curve_named(openssl::group_name(group)).has_value();
}

// libssl knows groups of EC keys, besides those that have our algorithm, by the curves of its own default provider.
// Those of finite fields are no curves.
bool is_other_curve(const std::string& group) {
    const int nid = OBJ_sn2nid(openssl::group_name(group).c_str());
    if (chip_has(group) || nid == NID_undef) {
        return false;
    }
    std::vector<EC_builtin_curve> curves(EC_get_builtin_curves(nullptr, 0));
    EC_get_builtin_curves(curves.data(), curves.size());
    return nid == NID_X25519 || nid == NID_X448 ||
           std::ranges::find(curves, nid, &EC_builtin_curve::nid) != curves.end();
}

// without_strength is a list of ciphers without the word that sorts it. Several characters separate its words.
std::string without_strength(const std::string& list) {
    constexpr std::string_view word = "@STRENGTH";
    auto changed = list;
    for (auto at = changed.find(word); at != std::string::npos; at = changed.find(word)) {
        const auto begin = at > 0 ? at - 1 : at;
        const auto length = word.size() + (at > 0 || at + word.size() < changed.size() ? 1 : 0);
        changed.erase(begin, length);
    }
    return changed;
}

bool has_groups(const ProviderEntry& entry) {
    return entry.name == "default" || entry.name == "fips";
}

bool gives_groups(const ProviderEntry& entry) {
    return has_groups(entry) && entry.activation != Activation::no;
}

// listed_first is the provider that fits and has a line before ours.
const ProviderEntry* listed_first(const OpensslConfiguration& configuration, const ProviderEntry& entry,
                                  bool (*fits)(const ProviderEntry&)) {
    for (const auto& other : configuration.providers) {
        if (other.line == entry.line) {
            return nullptr;
        }
        if (fits(other)) {
            return &other;
        }
    }
    return nullptr;
}

const ProviderEntry* sorted_first(const OpensslConfiguration& configuration, const ProviderEntry& entry,
                                  bool (*fits)(const ProviderEntry&)) {
    const auto it = std::ranges::find_if(
        configuration.providers, [&](const ProviderEntry& other) { return fits(other) && other.name < entry.name; });
    return it == configuration.providers.end() ? nullptr : &*it;
}

tl::unexpected<Error> decides_otherwise(const std::string& name, const std::string& why) {
    return fail(InputErrc::refused, name + " is left as it is: " + why);
}

std::vector<std::string> properties_in(std::string_view properties) {
    auto all = split(properties, ',');
    for (auto& property : all) {
        std::erase(property, ' ');
        property = text::lower_case(property);
    }
    return all;
}

// is_of_provider tells a property `provider=NAME`, with any mark in front.
bool is_of_provider(std::string_view property) {
    property.remove_prefix(std::min(property.find_first_not_of("?-"), property.size()));
    return property.substr(0, property.find_first_of("!=")) == "provider";
}

bool is_met(const std::string& property, bool claims_fips) {
    return property.empty() || property.front() == '?' || property.front() == '-' || is_of_provider(property) ||
           (claims_fips && property == "fips=yes");
}

Result<void> check_properties(const OpensslConfiguration& configuration, const std::string& name, bool claims_fips) {
    const auto& properties = configuration.default_properties;
    const auto unmet = unmet_property(properties, claims_fips);
    return unmet.empty() ? Result<void>{}
                         : decides_otherwise(name, "its `default_properties = " + properties + "` demand " + unmet +
                                                       " of every algorithm, and then the chip does nothing of TLS; "
                                                       "remove that property");
}

Result<std::string> lines_of_properties(const OpensslConfiguration& configuration, const std::string& init,
                                        const std::string& name) {
    const auto& properties = configuration.default_properties;
    if (prefers_trustx(properties)) {
        return std::string{};
    }
    if (std::ranges::any_of(properties_in(properties), is_of_provider) ||
        (!properties.empty() && !is_plain(properties, "?=, "))) {
        return decides_otherwise(name, "it has `default_properties = " + properties +
                                           "`, and this scope needs `?provider=trustx` in place of that; write "
                                           "`default_properties = " +
                                           wanted_properties(properties, true) + "` there");
    }
    const auto value = (properties.empty() ? "" : properties + ",") + properties_to_write;
    const auto& section = configuration.algorithms_section;
    return (section.empty() ? "[" + init + "]\nalg_section = trustx_setup_algorithms\n[trustx_setup_algorithms]\n"
                            : "[" + section + "]\n") +
           "default_properties = " + value + "\n";
}

// The commands that libssl does for every SSL_CTX.
Result<std::string> commands(const OpensslConfiguration& configuration, Scope scope, const std::string& name) {
    std::string lines;
    const auto& groups = configuration.tls_groups;
    if (groups.empty()) {
        lines += std::string{"Groups = "} + groups_to_write + "\n";
    } else if (const auto fault = fault_of_groups(groups); !fault.empty()) {
        return decides_otherwise(name, "section [" + configuration.tls_section + "] has " + fault +
                                           "; write `Groups = " + groups_to_write + "` there, or remove the line");
    }
    const auto& ciphers = configuration.tls_ciphers;
    if (scope != Scope::key_schedule) {
        return lines;
    }
    if (const auto fault = fault_of_versions(configuration); !fault.empty()) {
        return decides_otherwise(name, "section [" + configuration.tls_section + "] has " + fault +
                                           "; remove the line, or write `MinProtocol = TLSv1.2`");
    }
    if (first_is_sha256(ciphers)) {
        return lines;
    }
    const auto value = ciphers_to_write(ciphers);
    if (const auto fault = fault_of_ciphers(ciphers); !fault.empty() || !is_plain(value, ":!@=,; ")) {
        return decides_otherwise(name, "section [" + configuration.tls_section + "] has `CipherString = " + ciphers +
                                           "`, in which ECDHE-ECDSA-AES128-GCM-SHA256 cannot be put first" + fault +
                                           "; write `CipherString = " + advised_ciphers(ciphers) + "`");
    }
    return lines + "CipherString = " + value + "\n";
}

}  // namespace

std::optional<Scope> parse_scope(std::string_view text) {
    const auto* const it = std::ranges::find(names_of_scopes, text, &std::pair<Scope, std::string_view>::second);
    return it == names_of_scopes.end() ? std::nullopt : std::optional{it->first};
}

std::string to_string(Scope scope) {
    return std::string{std::ranges::find(names_of_scopes, scope, &std::pair<Scope, std::string_view>::first)->second};
}

std::optional<Scope> scope_of(const ProviderEntry& entry) {
    const auto it = std::ranges::find(entry.settings, "scope", &std::pair<std::string, std::string>::first);
    return it == entry.settings.end() ? std::optional{Scope::signature} : parse_scope(it->second);
}

bool goes_on_in_software(const ProviderEntry& entry) {
    const auto it =
        std::ranges::find(entry.settings, "ephemeral-fallback", &std::pair<std::string, std::string>::first);
    return it != entry.settings.end() && it->second == "software";
}

const ProviderEntry* sorts_behind(const OpensslConfiguration& configuration, const ProviderEntry& entry) {
    return sorted_first(configuration, entry, gives_groups);
}

const ProviderEntry* listed_behind(const OpensslConfiguration& configuration, const ProviderEntry& entry) {
    return listed_first(configuration, entry, gives_groups);
}

bool prefers_trustx(std::string_view properties) {
    const auto all = properties_in(properties);
    return std::ranges::find(all, properties_to_write) != all.end() && std::ranges::count_if(all, is_of_provider) == 1;
}

std::string unmet_property(std::string_view properties, bool claims_fips) {
    const auto all = properties_in(properties);
    const auto it = std::ranges::find_if(all, [&](const auto& property) { return !is_met(property, claims_fips); });
    return it == all.end() ? std::string{} : *it;
}

std::string wanted_properties(std::string_view properties, bool claims_fips) {
    std::string wanted;
    for (const auto& property : properties_in(properties)) {
        if (!property.empty() && !is_of_provider(property) && is_met(property, claims_fips)) {
            wanted += property + ",";
        }
    }
    return wanted + properties_to_write;
}

std::string fault_of_groups(const std::string& list) {
    const auto groups = group_names(list);
    const auto named = list.empty() ? std::string{"no `Groups` for TLS"} : "`Groups = " + list + "`";
    if (groups.empty() || !chip_has(groups.front())) {
        return named + ": most handshakes use a group that the chip does not have";
    }
    if (std::ranges::none_of(groups, is_other_curve)) {
        return named +
               " with no curve but those of the chip: programs that offer TLS 1.2 only name no group then, and their "
               "handshakes fail";
    }
    return {};
}

bool first_is_sha256(const std::string& list) {
    ERR_set_mark();
    // A context of its own has no provider but OpenSSL's. What the machine's configuration says of ciphers is replaced.
    const auto libctx = openssl::must<openssl::LibraryContext>(OSSL_LIB_CTX_new());
    const SslContext context{SSL_CTX_new_ex(libctx.get(), nullptr, TLS_method())};
    const bool set =
        context != nullptr &&
        SSL_CTX_set_cipher_list(context.get(), list.empty() ? OSSL_default_cipher_list() : list.c_str()) == 1;
    const auto* const ciphers = set ? SSL_CTX_get_ciphers(context.get()) : nullptr;
    ERR_pop_to_mark();
    for (int i = 0; ciphers != nullptr && i < sk_SSL_CIPHER_num(ciphers); ++i) {
        const auto* const cipher = sk_SSL_CIPHER_value(ciphers, i);
        if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any) {
            continue;  // of TLS 1.3, which the list is not about
        }
        const auto* const digest = SSL_CIPHER_get_handshake_digest(cipher);
        return SSL_CIPHER_get_kx_nid(cipher) == NID_kx_ecdhe && digest != nullptr &&
               EVP_MD_is_a(digest, SN_sha256) == 1;
    }
    return false;
}

std::string ciphers_to_write(const std::string& list) {
    constexpr std::string_view word = "DEFAULT";
    const auto behind = list.starts_with(word) ? list.substr(word.size()) : std::string{};
    const bool is_default =
        list.starts_with(word) &&
        (behind.empty() || std::string_view{":@,; "}.find(behind.front()) != std::string_view::npos);
    auto value = std::string{ciphers_in_front};
    if (list.empty() || is_default) {
        value += default_ciphers;
    }
    return value.append(is_default ? behind : list);
}

std::string fault_of_ciphers(const std::string& list) {
    if (first_is_sha256(ciphers_to_write(list))) {
        return {};
    }
    return first_is_sha256(ciphers_to_write(without_strength(list)))
               ? " with @STRENGTH, which sorts the whole list by the length of keys"
               : ", because the list excludes it or cannot be read";
}

std::string advised_ciphers(const std::string& list) {
    for (auto value : {ciphers_to_write(list), ciphers_to_write(without_strength(list))}) {
        if (first_is_sha256(value)) {
            return value;
        }
    }
    return ciphers_to_write({});
}

std::string fault_of_versions(const OpensslConfiguration& configuration) {
    const auto& minimum = configuration.tls_minimum;
    return text::lower_case(minimum) == "tlsv1.3"
               ? "`MinProtocol = " + minimum + "`: nothing speaks TLS 1.2, of which alone the chip derives keys"
               : std::string{};
}

Result<std::string> lines_of_tls(const OpensslConfiguration& configuration, Scope scope, const std::string& init,
                                 const std::string& name, bool claims_fips) {
    if (scope == Scope::signature) {
        return std::string{};
    }
    TRYV(check_properties(configuration, name, claims_fips));
    std::string lines;
    if (scope == Scope::key_schedule) {
        TRY(lines, lines_of_properties(configuration, init, name));
    }
    TRY(const auto wanted, commands(configuration, scope, name));
    if (wanted.empty()) {
        return lines;
    }
    auto applications = configuration.ssl_section;
    if (applications.empty()) {
        applications = "trustx_setup_ssl";
        lines += "[" + init + "]\nssl_conf = " + applications + "\n";
    }
    auto section = configuration.tls_section;
    if (section.empty()) {
        section = "trustx_setup_tls";
        lines += "[" + applications + "]\nsystem_default = " + section + "\n";
    }
    return lines + "[" + section + "]\n" + wanted;
}

Result<std::string> lines_of_order(const OpensslConfiguration& configuration, const ProviderEntry& entry, Scope scope,
                                   const std::string& name) {
    if (scope == Scope::signature) {
        return std::string{};
    }
    const auto present = scope_of(entry);
    if (present != scope && present != Scope::signature) {
        return decides_otherwise(
            name, "section [" + entry.section + "] has a setting `scope` already; change that line, or remove it");
    }
    for (const auto& other : configuration.providers) {
        if ((has_groups(other) || other.line == entry.line) && (!is_plain(other.line) || !is_plain(other.section))) {
            return decides_otherwise(name,
                                     "the line of the provider " + other.name + " needs quoting; give it plain names");
        }
    }
    std::string lines;
    if (listed_first(configuration, entry, has_groups) != nullptr) {
        // A line that is there again takes its place at the end.
        lines += "[" + configuration.providers_section + "]\n" + entry.line + " = " + entry.section + "\n";
        for (const auto& other : configuration.providers) {
            if (has_groups(other)) {
                lines.append(other.line).append(" = ").append(other.section).append("\n");
            }
        }
    }
    std::string own;
    if (sorted_first(configuration, entry, has_groups) != nullptr) {
        own += std::string{"identity = "} + name_ahead + "\n";
        own += entry.module ? "" : "module = trustx.so\n";
    }
    own += present == scope ? "" : "scope = " + to_string(scope) + "\n";
    return own.empty() ? lines : lines + "[" + entry.section + "]\n" + own;
}

}  // namespace trustx::cli
