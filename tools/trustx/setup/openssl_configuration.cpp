// SPDX-License-Identifier: Apache-2.0
#include "setup/openssl_configuration.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"

#include <trustx/settings.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

#include <openssl/conf.h>
#include <openssl/err.h>

namespace trustx::cli {
namespace {

using ConfHandle = openssl::Handle<CONF, NCONF_free>;

// OpenSSL drops everything up to the first dot of a name, so that one section can have several of a kind.
std::string after_dot(const std::string& name) {
    const auto dot = name.find('.');
    return dot == std::string::npos ? name : name.substr(dot + 1);
}

// And of the name of a configuration module everything from the last dot on, for the same purpose.
std::string before_dot(const std::string& name) {
    return name.substr(0, name.rfind('.'));
}

// Asking for what is not there puts an error on the queue, which is of no use.
std::optional<std::string> value_of(CONF* conf, const std::string& section, const char* name) {
    const char* value = NCONF_get_string(conf, section.empty() ? nullptr : section.c_str(), name);
    ERR_clear_error();
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

// lines_of is a section in its own order; NCONF_get_string would look into the default section, too.
std::vector<std::pair<std::string, std::string>> section_lines(CONF* conf, const std::string& section) {
    std::vector<std::pair<std::string, std::string>> lines;
    const auto* values = NCONF_get_section(conf, section.c_str());
    ERR_clear_error();
    for (int i = 0; values != nullptr && i < sk_CONF_VALUE_num(values); ++i) {
        const auto* value = sk_CONF_VALUE_value(values, i);
        lines.emplace_back(value->name, value->value);
    }
    return lines;
}

Activation activation_of(const std::string& value) {
    constexpr std::array<std::string_view, 4> yes{"yes", "1", "true", "on"};
    return std::find(yes.begin(), yes.end(), text::lower_case(value)) != yes.end() ? Activation::yes
                                                                                   : Activation::unclear;
}

ProviderEntry entry_of(CONF* conf, const std::string& name, const std::string& section) {
    ProviderEntry entry{
        .name = after_dot(name), .line = name, .section = section, .activate_value = {}, .module = {}, .settings = {}};
    for (const auto& [raw, value] : section_lines(conf, section)) {
        const auto key = after_dot(raw);
        if (key == "identity") {
            entry.name = value;
        } else if (key == "module") {
            entry.module = value;
        } else if (key == "activate") {
            entry.activation = activation_of(value);
            entry.activate_value = value;
        } else if (key != "soft_load") {
            entry.settings.emplace_back(raw, value);
        }
    }
    return entry;
}

// read_tls reads what libssl does for every SSL_CTX. It calls a command by any mixture of cases.
void read_tls(CONF* conf, OpensslConfiguration& configuration) {
    configuration.ssl_section = value_of(conf, configuration.init_section, "ssl_conf").value_or("");
    if (!configuration.ssl_section.empty()) {
        configuration.tls_section = value_of(conf, configuration.ssl_section, "system_default").value_or("");
    }
    for (const auto& [raw, value] : section_lines(conf, configuration.tls_section)) {
        const auto command = text::lower_case(after_dot(raw));
        if (command == "groups" || command == "curves") {
            configuration.tls_groups = value;
        } else if (command == "cipherstring") {
            configuration.tls_ciphers = value;
        } else if (command == "options") {
            configuration.tls_options = value;
        } else if (command == "minprotocol") {
            configuration.tls_minimum = value;
        } else if (command == "maxprotocol") {
            configuration.tls_maximum = value;
        }
    }
}

std::vector<std::string> sections_of(const CONF* conf) {
    std::vector<std::string> names;
    auto* list = NCONF_get_section_names(conf);
    for (int i = 0; list != nullptr && i < sk_OPENSSL_CSTRING_num(list); ++i) {
        names.emplace_back(sk_OPENSSL_CSTRING_value(list, i));
    }
    sk_OPENSSL_CSTRING_free(list);
    return names;
}

// load leaves what went wrong on OpenSSL's error queue, and the number of the line where it stopped.
ConfHandle load(const std::string& text, long& line) {
    auto conf = openssl::must<ConfHandle>(NCONF_new(nullptr));
    const auto bio = openssl::must<openssl::Bio>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    ERR_clear_error();
    return NCONF_load_bio(conf.get(), bio.get(), &line) == 1 ? std::move(conf) : nullptr;
}

}  // namespace

bool ProviderEntry::is_trustx() const {
    return name == "trustx" || (module && std::filesystem::path{*module}.filename() == "trustx.so");
}

Result<OpensslConfiguration> OpensslConfiguration::parse(const std::string& text, const std::string& name) {
    long line = 0;
    const auto conf = load(text, line);
    if (conf == nullptr) {
        return fail(InputErrc::malformed, name + " line " + std::to_string(line) + ": OpenSSL cannot read this: " +
                                              openssl_errors() + "; correct the file first");
    }
    OpensslConfiguration configuration;
    configuration.sections = sections_of(conf.get());
    configuration.init_section = value_of(conf.get(), "", "openssl_conf").value_or("");
    configuration.node_section = value_of(conf.get(), "", "nodejs_conf").value_or("");
    if (configuration.init_section.empty()) {
        return configuration;
    }
    configuration.algorithms_section = value_of(conf.get(), configuration.init_section, "alg_section").value_or("");
    if (!configuration.algorithms_section.empty()) {
        configuration.default_properties =
            value_of(conf.get(), configuration.algorithms_section, "default_properties").value_or("");
    }
    read_tls(conf.get(), configuration);
    for (const auto& [key, section] : section_lines(conf.get(), configuration.init_section)) {
        if (before_dot(key) != "providers") {
            continue;
        }
        configuration.providers_section = section;
        for (const auto& [name_of_provider, its_section] : section_lines(conf.get(), section)) {
            configuration.providers.push_back(entry_of(conf.get(), name_of_provider, its_section));
        }
    }
    return configuration;
}

const ProviderEntry* OpensslConfiguration::find(std::string_view provider) const {
    const auto it = std::find_if(providers.begin(), providers.end(),
                                 [provider](const ProviderEntry& entry) { return entry.name == provider; });
    return it == providers.end() ? nullptr : &*it;
}

bool OpensslConfiguration::activates(std::string_view provider) const {
    const auto* entry = find(provider);
    return entry != nullptr && entry->activation == Activation::yes;
}

const ProviderEntry* OpensslConfiguration::trustx() const {
    const auto it = std::ranges::find_if(providers, &ProviderEntry::is_trustx);
    return it == providers.end() ? nullptr : &*it;
}

bool OpensslConfiguration::activates_trustx() const {
    const auto* entry = trustx();
    return entry != nullptr && entry->activation == Activation::yes;
}

const ProviderEntry* OpensslConfiguration::trustx_without_module() const {
    const auto it = std::ranges::find_if(providers, [](const ProviderEntry& entry) {
        return !entry.module && !entry.is_trustx() && text::lower_case(entry.name).find("trustx") != std::string::npos;
    });
    return it == providers.end() ? nullptr : &*it;
}

bool OpensslConfiguration::activates_another_than_trustx() const {
    return std::ranges::any_of(
        providers, [](const ProviderEntry& entry) { return !entry.is_trustx() && entry.activation != Activation::no; });
}

bool OpensslConfiguration::has_section(std::string_view section) const {
    return std::find(sections.begin(), sections.end(), section) != sections.end();
}

bool OpensslConfiguration::claims_fips() const {
    const auto* const entry = trustx();
    return entry != nullptr && std::any_of(entry->settings.begin(), entry->settings.end(), [](const auto& setting) {
               return setting.first == "claim-fips" && parse_flag(setting.second).value_or(false);
           });
}

std::optional<AppendedLine> read_appended(const std::string& text, std::string_view value) {
    static const std::string probe = "trustx_setup_probe";
    const bool line_is_open = !text.empty() && text.back() != '\n';
    long line = 0;
    const auto conf = load((text + (line_is_open ? "\n" : "") + probe + " = ").append(value) + "\n", line);
    ERR_clear_error();
    for (const auto& section : conf == nullptr ? std::vector<std::string>{} : sections_of(conf.get())) {
        for (const auto& [name, read] : section_lines(conf.get(), section)) {
            if (name == probe) {
                return AppendedLine{section, read};
            }
        }
    }
    return std::nullopt;
}

std::string openssl_errors() {
    const auto text = openssl::to_string(openssl::take_errors());
    return text.empty() ? "no reason given" : text;
}

}  // namespace trustx::cli
