// SPDX-License-Identifier: Apache-2.0
#include "setup/setup_block.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <vector>

namespace trustx::cli {
namespace {

constexpr std::string_view begin_mark = "# BEGIN trustx";
constexpr std::string_view end_mark = "# END trustx";
constexpr std::string_view no_end_of_line = "# (the line above the block had no end of line)";

// Line is a piece of text with its line end.
struct Line {
    std::size_t at;
    std::string_view whole;

    [[nodiscard]] std::string_view text() const { return whole.substr(0, whole.find_last_not_of("\r\n") + 1); }
    [[nodiscard]] std::size_t end() const { return at + whole.size(); }
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const auto size = (end == std::string_view::npos ? text.size() : end + 1) - at;
        lines.push_back({at, text.substr(at, size)});
        at += size;
    }
    return lines;
}

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

std::string line_end_of(std::string_view text) {
    const auto end = text.find('\n');
    return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

// plain tells whether a word can stand in a configuration without quotes, variables and escapes.
bool plain(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view{"_-./+"}.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::string framed(const std::string& lines, const std::string& section, bool line_was_open) {
    std::string text{begin_mark};
    text += ": made by `trustx setup enable`, removed by `trustx setup disable`\n";
    if (line_was_open) {
        text.append(no_end_of_line).append("\n");
    }
    text += lines;
    text += "# What follows belongs to the section that was open before.\n[" + section + "]\n";
    return text.append(end_mark).append("\n");
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
    if (configuration.activates_another_than("trustx")) {
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
        if (!plain(value)) {
            return refuse(name, "the value of " + setting + ", " + value +
                                    ", has characters that mean something in a configuration; choose another");
        }
    }
    return {};
}

}  // namespace

Result<ConfigurationText> ConfigurationText::split(const std::string& text, const std::string& name) {
    std::optional<std::size_t> begin;
    std::optional<std::size_t> end;
    bool line_was_open = false;
    for (const auto& line : lines_of(text)) {
        const bool begins = line.text().starts_with(begin_mark);
        const bool ends = line.text() == end_mark;
        if ((begins && begin) || (ends && (!begin || end))) {
            return fail(InputErrc::malformed,
                        name + ": the marks \"" + std::string{begin_mark} + "\" and \"" + std::string{end_mark} +
                            "\" do not pair; remove by hand what `trustx setup` put between them");
        }
        begin = begins ? line.at : begin;
        end = ends ? line.end() : end;
        line_was_open = line_was_open || (begin && !end && line.text() == no_end_of_line);
    }
    if (begin.has_value() != end.has_value()) {
        return fail(InputErrc::malformed, name + ": \"" + std::string{end_mark} +
                                              "\" is missing; remove by hand what `trustx setup` put into the file");
    }
    if (!begin) {
        return ConfigurationText{.before = text, .block = {}, .after = {}};
    }
    ConfigurationText split{
        .before = text.substr(0, *begin), .block = text.substr(*begin, *end - *begin), .after = text.substr(*end)};
    // The end of line that we added goes, unless other lines now follow it.
    if (line_was_open && split.after.empty()) {
        split.before.resize(split.before.size() - line_end_of(split.block).size());
    }
    return split;
}

Result<std::string> activating_lines(const OpensslConfiguration& configuration, const ProviderSettings& settings,
                                     const std::string& name) {
    const auto* trustx = configuration.find("trustx");
    const auto* standard = configuration.find("default");
    for (const auto* entry : {trustx, standard}) {
        TRYV(check_entry(entry, name));
    }
    const bool active = trustx != nullptr && trustx->activation == Activation::yes;
    if (active && configuration.activates_another_than("trustx")) {
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
    std::string block;
    std::istringstream stream{framed(lines, end->section, line_is_open)};
    for (std::string line; std::getline(stream, line);) {
        block += line + line_end;
    }
    return text + (line_is_open ? line_end : "") + block;
}

std::string drop_in(const std::string& lines, const std::string& section) {
    return framed(lines, section, false);
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
