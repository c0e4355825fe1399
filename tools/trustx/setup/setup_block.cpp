// SPDX-License-Identifier: Apache-2.0
#include "setup/setup_block.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "setup/plain_word.hpp"

#include <trustx/settings.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

namespace trustx::cli {
namespace {

constexpr std::string_view before_section = "# What follows belongs to the section that was open before.";

// included is what a line `.include PATH` or `.include = PATH` names, as written; empty: it is no such line.
std::string_view included(const Line& line) {
    constexpr std::string_view word = ".include";
    auto text = line.text();
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (!text.starts_with(word)) {
        return {};
    }
    text.remove_prefix(word.size());
    const auto path = text.find_first_not_of(" \t=");
    return path == 0 || path == std::string_view::npos ? std::string_view{} : text.substr(path);
}

// What a value of a setting may have beside letters and digits: chips are named with these.
constexpr std::string_view plain_in_values = "=,:@";

std::string in_line_ends(const std::string& text, const std::string& line_end) {
    std::string converted;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        converted += line + line_end;
    }
    return converted;
}

std::string with_section(const std::string& lines, const std::string& section) {
    return lines + std::string{before_section} + "\n[" + section + "]\n";
}

tl::unexpected<Error> refuse(const std::string& name, const std::string& why) {
    return fail(InputErrc::refused, name + " is left as it is: " + why);
}

Result<void> check_entry(const ProviderEntry* entry, const std::string& name) {
    if (entry != nullptr && entry->activation == Activation::unclear) {
        return refuse(name, "section [" + entry->section + "] says `activate = " + entry->activate_value +
                                "`, which OpenSSL 3.0 takes for yes and 3.3 for no; write `activate = 1` or delete "
                                "the line");
    }
    return {};
}

// default_lines make explicit what activating trustx would otherwise switch off, or has switched off already.
std::string default_lines(const OpensslConfiguration& configuration, const std::string& providers_section) {
    const auto* entry = configuration.find("default");
    if (configuration.activates_another_than_trustx()) {
        return {};  // the configuration chooses its providers; default is on, or off on purpose
    }
    if (entry != nullptr) {
        return "[" + entry->section + "]\nactivate = 1\n";
    }
    return "[" + providers_section + "]\ndefault = trustx_setup_default\n[trustx_setup_default]\nactivate = 1\n";
}

Result<void> check_names(const OpensslConfiguration& configuration, const ProviderSettings& settings,
                         const std::string& name) {
    for (const auto* section :
         {"trustx_setup_init", "trustx_setup_providers", "trustx_setup_default", "trustx_setup_module",
          "trustx_setup_algorithms", "trustx_setup_ssl", "trustx_setup_tls"}) {
        if (configuration.has_section(section)) {
            return refuse(name, "it has a section [" + std::string{section} +
                                    "] outside of a block of `trustx setup`; remove that section");
        }
    }
    for (const auto& section :
         {configuration.init_section, configuration.providers_section, configuration.algorithms_section,
          configuration.ssl_section, configuration.tls_section}) {
        if (!section.empty() && !is_plain(section)) {
            return refuse(name, "the section name \"" + section + "\" needs quoting; give it a plain name");
        }
    }
    for (const auto& [setting, value] : settings) {
        if (!is_plain(value, plain_in_values)) {
            return refuse(name, "the value of " + setting + ", " + value +
                                    ", has characters that mean something in a configuration; choose another");
        }
    }
    return {};
}

// new_section_lines activate trustx where nothing does.
std::string new_section_lines(const OpensslConfiguration& configuration, const ProviderSettings& settings, Scope scope,
                              const std::string& providers) {
    const bool ahead = scope != Scope::signature;
    const auto own = "[" + providers + "]\n" + (ahead ? name_ahead : "trustx") + " = trustx_setup_module\n";
    // default comes first: the first one is used where both have an algorithm. Where it must not, it is moved.
    auto lines = ahead ? own : std::string{};
    for (const auto& other : configuration.providers) {
        if (ahead && (other.name == "default" || other.name == "fips") && is_plain(other.line) &&
            is_plain(other.section)) {
            lines.append(other.line).append(" = ").append(other.section).append("\n");
        }
    }
    lines += default_lines(configuration, providers);
    lines += (ahead ? "" : own) + "[trustx_setup_module]\nactivate = 1\n";
    const auto is_module = [](const auto& setting) { return setting.first == "module"; };
    if (ahead && std::ranges::none_of(settings, is_module)) {
        lines += "module = trustx.so\n";  // OpenSSL would look for one of the provider's name
    }
    if (ahead) {
        lines += "scope = " + to_string(scope) + "\n";
    }
    for (const auto& [setting, value] : settings) {
        lines.append(setting).append(" = ").append(value).append("\n");
    }
    return lines;
}

// lines_of_settings are those of a provider that is activated already, which it does not have.
std::string lines_of_settings(const ProviderEntry& entry, const ProviderSettings& settings) {
    std::string lines;
    for (const auto& setting : settings) {
        const bool chosen = setting.first == "module" || setting.first == "claim-fips";
        if (!chosen && std::ranges::find(entry.settings, setting) == entry.settings.end()) {
            lines.append(setting.first).append(" = ").append(setting.second).append("\n");
        }
    }
    return lines;
}

bool claims_fips(const ProviderSettings& settings) {
    return std::ranges::any_of(settings, [](const auto& setting) { return setting.first == "claim-fips"; });
}

// in_section appends lines of a section, and its header where another one is open.
std::string in_section(const std::string& lines, const std::string& section, const std::string& more) {
    std::string open;
    for (const auto& line : lines_of(lines)) {
        open = line.text().starts_with('[') ? std::string{line.text()} : open;
    }
    const auto header = "[" + section + "]";
    return more.empty() ? lines : lines + (open == header ? "" : header + "\n") + more;
}

// lines_written are those that enable would write into a configuration, with every setting that it knows.
std::set<std::string> lines_written(const std::string& without, const std::string& name) {
    std::set<std::string> written;
    const auto configuration = OpensslConfiguration::parse(without, name);
    for (const auto scope : {Scope::signature, Scope::ephemeral, Scope::key_schedule}) {
        const auto lines =
            configuration ? activating_lines(*configuration, {{"claim-fips", "yes"}}, scope, name).value_or("") : "";
        for (const auto& line : lines_of(lines)) {
            written.emplace(line.text());
        }
    }
    return written;
}

// inclusion_at reads a line that includes a directory which exists.
std::optional<Inclusion> inclusion_at(const std::string& text, const Line& line) {
    const auto path = included(line);
    const auto read = path.empty() ? std::nullopt : read_appended(text.substr(0, line.at), path);
    std::error_code ignored;
    if (read && read->value.starts_with('/') && std::filesystem::is_directory(read->value, ignored)) {
        return Inclusion{.directory = read->value, .section = read->section};
    }
    return std::nullopt;
}

std::filesystem::path directory_of(const Inclusion& inclusion) {
    return (std::filesystem::path{inclusion.directory} / "any").parent_path();
}

// files_in are those that OpenSSL includes with their directory.
std::vector<std::string> files_in(const std::filesystem::path& directory) {
    std::vector<std::string> files;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{directory, ignored}) {
        const auto kind = entry.path().extension();
        if ((kind == ".cnf" || kind == ".conf") && entry.is_regular_file(ignored)) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

Result<std::string> activating_lines(const OpensslConfiguration& configuration, const ProviderSettings& settings,
                                     Scope scope, const std::string& name) {
    const auto* trustx = configuration.trustx();
    const auto* standard = configuration.find("default");
    for (const auto* entry : {trustx, standard}) {
        TRYV(check_entry(entry, name));
    }
    const bool active = trustx != nullptr && trustx->activation == Activation::yes;
    const auto more = active ? lines_of_settings(*trustx, settings) : std::string{};
    if (active && configuration.activates_another_than_trustx() && scope == Scope::signature && more.empty()) {
        return std::string{};
    }
    if (trustx != nullptr && !active) {
        return refuse(name, "it has a section [" + trustx->section +
                                "] for trustx that does not activate it; write `activate = 1` there, or remove it");
    }
    if (const auto* other = trustx == nullptr ? configuration.trustx_without_module() : nullptr) {
        return refuse(name, "section [" + other->section + "] is that of a provider " + other->name +
                                " without a module; write `module = trustx.so` there, or remove it");
    }
    TRYV(check_names(configuration, settings, name));
    const bool claims = configuration.claims_fips() || claims_fips(settings);
    if (active) {
        TRY(const auto tls, lines_of_tls(configuration, scope, configuration.init_section, name, claims));
        TRY(const auto order, lines_of_order(configuration, *trustx, scope, name));
        return in_section(default_lines(configuration, configuration.providers_section) + tls + order, trustx->section,
                          more);
    }
    std::string lines;
    auto init = configuration.init_section;
    if (init.empty()) {
        init = "trustx_setup_init";
        lines += "[default]\nopenssl_conf = " + init + "\n";
    }
    if (configuration.node_section.empty()) {
        lines += "[default]\nnodejs_conf = " + init + "\n";
    }
    TRY(const auto tls, lines_of_tls(configuration, scope, init, name, claims));
    lines += tls;
    auto providers = configuration.providers_section;
    if (providers.empty()) {
        providers = "trustx_setup_providers";
        lines += "[" + init + "]\nproviders = " + providers + "\n";
    }
    return lines + new_section_lines(configuration, settings, scope, providers);
}

bool has_scope(const OpensslConfiguration& configuration, Scope scope, const std::string& name) {
    const auto* entry = configuration.trustx();
    if (entry == nullptr || scope_of(*entry) != scope) {
        return false;
    }
    const auto tls = lines_of_tls(configuration, scope, configuration.init_section, name, configuration.claims_fips());
    const auto order = lines_of_order(configuration, *entry, scope, name);
    return tls && order && tls->empty() && order->empty();
}

std::optional<Scope> scope_in(const MarkedText& parts) {
    constexpr std::string_view word = "scope = ";
    std::optional<Scope> scope;
    for (const auto& line : parts.lines()) {
        scope = line.text().starts_with(word) ? parse_scope(line.text().substr(word.size())) : scope;
    }
    return scope;
}

Result<std::string> with_block(const std::string& text, const std::string& lines, const std::string& name) {
    const auto end = read_appended(text, "1");
    if (!end) {
        return refuse(name, "its last line ends in a backslash and would continue into what is appended; remove that");
    }
    const bool line_is_open = !text.empty() && text.back() != '\n';
    const auto line_end = line_end_of(text);
    return text + (line_is_open ? line_end : "") +
           in_line_ends(framed(with_section(lines, end->section), line_is_open), line_end);
}

std::optional<std::pair<std::string, std::string>> setting_of(std::string_view line) {
    const auto trimmed = [](std::string_view text) {
        const auto first = std::min(text.find_first_not_of(" \t"), text.size());
        return std::string{text.substr(first, text.find_last_not_of(" \t") + 1 - first)};
    };
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return std::nullopt;
    }
    auto setting = std::pair{trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1))};
    const bool plain = is_plain(setting.first) && is_plain(setting.second, plain_in_values);
    return plain ? std::optional{std::move(setting)} : std::nullopt;
}

ProviderSettings settings_in(const MarkedText& parts, const std::string& section) {
    static const std::set<std::string, std::less<>> written{"activate", "module",     "identity",
                                                            "scope",    "claim-fips", "soft_load"};
    ProviderSettings settings;
    bool open = false;
    for (const auto& line : parts.lines()) {
        if (line.text() == before_section) {
            break;
        }
        const bool header = line.text().starts_with('[');
        open = header ? line.text() == "[" + section + "]" : open;
        auto setting = open && !header ? setting_of(line.text()) : std::nullopt;
        if (setting && !written.contains(setting->first)) {
            settings.push_back(*std::move(setting));
        }
    }
    return settings;
}

std::vector<std::string> settings_of_others(const MarkedText& parts, const ProviderSettings& kept) {
    static const std::set<std::string, std::less<>> ours{"scope", "claim-fips", verify_anchors_setting};
    std::vector<std::string> lines;
    for (const auto& line : parts.lines()) {
        if (line.text() == before_section) {
            break;
        }
        const auto setting = setting_of(line.text());
        SettingValues known;
        if (setting && !ours.contains(setting->first) && std::ranges::find(kept, *setting) == kept.end() &&
            known.set(SettingLayer::openssl_conf, setting->first, setting->second, {})) {
            lines.emplace_back(line.text());
        }
    }
    return lines;
}

std::optional<std::string> text_with_setting(const MarkedText& parts, const std::string& section,
                                             const std::string& setting, const std::string& value) {
    const auto header = "[" + section + "]";
    std::string above;  // up to the end of what the block last says in that section
    std::string below;
    bool open = false;
    bool placed = false;
    bool ended = false;
    for (const auto& line : parts.lines()) {
        const auto text = std::string{line.text()};
        ended = ended || text == before_section;
        open = text.starts_with('[') ? text == header && !ended : open && !ended;
        placed = placed || open;
        const auto read = setting_of(text);
        if (!is_remark(text) && !(read && read->first == setting)) {
            below += text + "\n";
        }
        if (open) {
            above += below;
            below.clear();
        }
    }
    const auto lines = above + setting + " = " + value + "\n" + below;
    const auto block = in_line_ends(framed(lines, parts.line_was_open), line_end_of(parts.block));
    return placed ? std::optional{parts.before + block + parts.after} : std::nullopt;
}

std::string drop_in(const std::string& lines, const std::string& section) {
    return framed(with_section(lines, section), false);
}

std::string edits_of(const MarkedText& parts, const std::string& name, const ProviderSettings& kept) {
    const auto line_end = line_end_of(parts.block);
    const auto is_kept = [&kept](std::string_view line) {
        const auto setting = setting_of(line);
        return setting && std::ranges::find(kept, *setting) != kept.end();
    };
    if (!parts.edited) {
        return kept_as_comments(settings_of_others(parts, kept), line_end);
    }
    const auto written = lines_written(parts.without(), name);
    std::vector<std::string> elsewhere;
    std::string in_section;
    bool section_named = false;
    bool section_open = false;
    for (const auto& line : parts.lines()) {
        const auto text = std::string{line.text()};
        if (section_open) {
            in_section += text + line_end;
        } else if (section_named) {
            section_open = true;
        } else if (text == before_section) {
            section_named = true;
        } else if (!text.empty() && !is_remark(text) && !written.contains(text) && !text.starts_with("module = ") &&
                   !text.starts_with("verify-anchors = ") && !is_kept(text)) {
            elsewhere.push_back(text);
        }
    }
    return kept_as_comments(elsewhere, line_end) + in_section;
}

std::optional<Inclusion> included_directory(const std::string& text) {
    for (const auto& line : lines_of(text)) {
        if (auto inclusion = inclusion_at(text, line)) {
            return inclusion;
        }
    }
    return std::nullopt;
}

std::string without_included(const std::string& text, const std::string& file) {
    std::string changed;
    for (const auto& line : lines_of(text)) {
        const auto inclusion = inclusion_at(text, line);
        if (!inclusion || std::filesystem::path{file}.parent_path() != directory_of(*inclusion)) {
            changed += line.whole;
            continue;
        }
        for (const auto& other : files_in(directory_of(*inclusion))) {
            changed += other == file ? "" : ".include " + other + line_end_of(text);
        }
    }
    return changed;
}

}  // namespace trustx::cli
