// SPDX-License-Identifier: Apache-2.0
#include "setup/setup_block.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
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

// plain tells whether a word can stand in a configuration without quotes, variables and escapes.
// `more` are characters that mean something in a name and not in a value.
bool plain(std::string_view word, std::string_view more = {}) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [more](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{"_-./+"}.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

constexpr std::string_view module_section = "[trustx_setup_module]";

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
         {"trustx_setup_init", "trustx_setup_providers", "trustx_setup_default", "trustx_setup_module"}) {
        if (configuration.has_section(section)) {
            return refuse(name, "it has a section [" + std::string{section} +
                                    "] outside of a block of `trustx setup`; remove that section");
        }
    }
    for (const auto& section : {configuration.init_section, configuration.providers_section}) {
        if (!section.empty() && !plain(section)) {
            return refuse(name, "the section name \"" + section + "\" needs quoting; give it a plain name");
        }
    }
    for (const auto& [setting, value] : settings) {
        if (!plain(value, "=,")) {
            return refuse(name, "the value of " + setting + ", " + value +
                                    ", has characters that mean something in a configuration; choose another");
        }
    }
    return {};
}

// lines_written are those that enable would write into a configuration, with every setting that it knows.
std::set<std::string> lines_written(const std::string& without, const std::string& name) {
    std::set<std::string> written;
    const auto configuration = OpensslConfiguration::parse(without, name);
    if (!configuration) {
        return written;
    }
    const auto lines = activating_lines(*configuration, {{"claim-fips", "yes"}}, name).value_or("");
    for (const auto& line : lines_of(lines)) {
        written.emplace(line.text());
    }
    return written;
}

}  // namespace

Result<std::string> activating_lines(const OpensslConfiguration& configuration, const ProviderSettings& settings,
                                     const std::string& name) {
    const auto* trustx = configuration.trustx();
    const auto* standard = configuration.find("default");
    for (const auto* entry : {trustx, standard}) {
        TRYV(check_entry(entry, name));
    }
    const bool active = trustx != nullptr && trustx->activation == Activation::yes;
    if (active && configuration.activates_another_than_trustx()) {
        return std::string{};
    }
    if (trustx != nullptr && !active) {
        return refuse(name, "it has a section [" + trustx->section +
                                "] for trustx that does not activate it; write `activate = 1` there, or remove it");
    }
    TRYV(check_names(configuration, settings, name));
    if (active) {
        return default_lines(configuration, configuration.providers_section);
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
    auto providers = configuration.providers_section;
    if (providers.empty()) {
        providers = "trustx_setup_providers";
        lines += "[" + init + "]\nproviders = " + providers + "\n";
    }
    // default comes first: the first one is used where both have an algorithm.
    lines += default_lines(configuration, providers);
    lines += "[" + providers + "]\ntrustx = trustx_setup_module\n[trustx_setup_module]\nactivate = 1\n";
    for (const auto& [setting, value] : settings) {
        lines.append(setting).append(" = ").append(value).append("\n");
    }
    return lines;
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

std::optional<std::string> text_with_setting(const MarkedText& parts, const std::string& setting,
                                             const std::string& value) {
    std::string lines;
    std::string section;
    bool placed = false;
    for (const auto& line : parts.lines()) {
        const auto text = std::string{line.text()};
        const bool ends = text == before_section;
        if (ends && section == module_section) {
            lines.append(setting).append(" = ").append(value).append("\n");
            placed = true;
        }
        section = text.starts_with('[') ? text : section;
        if (!is_remark(text) && !text.starts_with(setting + " = ")) {
            lines += text + "\n";
        }
    }
    const auto block = in_line_ends(framed(lines, parts.line_was_open), line_end_of(parts.block));
    return placed ? std::optional{parts.before + block + parts.after} : std::nullopt;
}

std::string drop_in(const std::string& lines, const std::string& section) {
    return framed(with_section(lines, section), false);
}

std::string edits_of(const MarkedText& parts, const std::string& name) {
    if (!parts.edited) {
        return {};
    }
    const auto written = lines_written(parts.without(), name);
    const auto line_end = line_end_of(parts.block);
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
                   !text.starts_with("verify-anchors = ")) {
            elsewhere.push_back(text);
        }
    }
    return kept_as_comments(elsewhere, line_end) + in_section;
}

std::optional<Inclusion> included_directory(const std::string& text) {
    for (const auto& line : lines_of(text)) {
        const auto path = included(line);
        const auto read = path.empty() ? std::nullopt : read_appended(text.substr(0, line.at), path);
        std::error_code ignored;
        if (read && read->value.starts_with('/') && std::filesystem::is_directory(read->value, ignored)) {
            return Inclusion{.directory = read->value, .section = read->section};
        }
    }
    return std::nullopt;
}

}  // namespace trustx::cli
