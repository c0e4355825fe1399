// SPDX-License-Identifier: Apache-2.0
// The lines that `trustx setup` appends to an OpenSSL configuration, as one block (marked_block.hpp).
#pragma once

#include "setup/marked_block.hpp"
#include "setup/openssl_configuration.hpp"
#include "setup/scope.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trustx::cli {

// ProviderSettings are lines of trustx's own section, besides `activate`.
using ProviderSettings = std::vector<std::pair<std::string, std::string>>;

// The setting that `trustx anchor write` puts beside those of enable, and that goes with them.
inline constexpr const char* verify_anchors_setting = "verify-anchors";

// activating_lines are the lines that make this configuration activate trustx with these settings, and default where
// that was only implied, and have the chip do as much of TLS as the scope says. Of a provider that is activated already
// `module` and `claim-fips` stay as they are. Empty: it does all that already. Error: InputErrc::refused with the
// reason, when the configuration says something that the block would have to override.
Result<std::string> activating_lines(const OpensslConfiguration& configuration, const ProviderSettings& settings,
                                     Scope scope, const std::string& name);

// has_scope tells whether a configuration has the provider do exactly as much of TLS as this, and libssl come to it.
bool has_scope(const OpensslConfiguration& configuration, Scope scope, const std::string& name);

// scope_in is what a block has written. Nothing: it is none of ours, or has no such line.
std::optional<Scope> scope_in(const MarkedText& parts);

// settings_in are lines `name = value` that others, or `trustx anchor write`, put into the provider's section within a
// block, and that can be written again as they are.
ProviderSettings settings_in(const MarkedText& parts, const std::string& section);

// settings_of_others are lines with settings of the provider that enable took over from a person, without those that
// are kept elsewhere.
std::vector<std::string> settings_of_others(const MarkedText& parts, const ProviderSettings& kept = {});

// with_block appends the lines as a block, in the file's own line ends, and opens again the section that was open.
// Error: InputErrc::refused when the text ends in a continued line.
Result<std::string> with_block(const std::string& text, const std::string& lines, const std::string& name);

// text_with_setting is a text whose block has a setting of the provider's section, in place of the one that was there.
// Nothing: that section is not in the block.
std::optional<std::string> text_with_setting(const MarkedText& parts, const std::string& section,
                                             const std::string& setting, const std::string& value);

// drop_in is the same block as a separate file, included where `section` is open.
std::string drop_in(const std::string& lines, const std::string& section);

// edits_of are the lines that a person added to the block, as what remains of them where the block was: those of the
// section that it opens again as they are, the others as comments, without the settings that are `kept` elsewhere.
// Empty: the block is as it was written.
std::string edits_of(const MarkedText& parts, const std::string& name, const ProviderSettings& kept = {});

// setting_of reads a line `name = value`. Nothing: it is no such line, or needs quotes, variables or escapes.
std::optional<std::pair<std::string, std::string>> setting_of(std::string_view line);

// Inclusion is a line that includes a whole directory, and the section that is open there.
struct Inclusion {
    std::string directory;
    std::string section;
};
// included_directory finds the first such line of a directory that exists.
std::optional<Inclusion> included_directory(const std::string& text);

// without_included is a text that means what it meant before a directory that it includes had this file: the others of
// the directory are included by their names.
std::string without_included(const std::string& text, const std::string& file);

}  // namespace trustx::cli
