// SPDX-License-Identifier: Apache-2.0
#include "settings/declarations.hpp"

#include "codec/parse_number.hpp"
#include "common/try.hpp"

#include <array>

namespace trustx {
namespace {

constexpr std::uint32_t longest_timeout_ms = 600'000;

tl::unexpected<Error> takes(std::string_view name, const std::string& what, std::string_view text) {
    return fail(Errc::setting_invalid,
                "`" + std::string{name} + "` takes " + what + ", not `" + std::string{text} + "`");
}

Result<void> check_device(std::string_view /*name*/, std::string_view text, SettingLayer /*layer*/) {
    TRYV(BusAddress::parse(text));
    return {};
}

// All programs that share a chip must find the same directory, wherever they run.
Result<void> check_directory(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return text.starts_with('/') ? Result<void>{} : takes(name, "an absolute path", text);
}

// A variable or an option is for one program, so its path may be relative to where that program runs.
Result<void> check_path(std::string_view name, std::string_view text, SettingLayer layer) {
    const bool relative_allowed = layer == SettingLayer::environment || layer == SettingLayer::command_line;
    return relative_allowed ? Result<void>{} : check_directory(name, text, layer);
}

Result<void> check_timeout(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return parse_timeout(text) ? Result<void>{}
                               : takes(name, "1 to " + std::to_string(longest_timeout_ms) + " milliseconds", text);
}

Result<void> check_trace_level(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return parse_trace_level(text) ? Result<void>{} : takes(name, "one of apdu, frames and transfers", text);
}

Result<void> check_line(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    const auto line = GpioLine::parse(text);
    return line ? Result<void>{}
                : fail(Errc::setting_invalid, "`" + std::string{name} + "`: " + line.error().operation());
}

Result<void> check_flag(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return parse_flag(text) ? Result<void>{} : takes(name, "yes or no", text);
}

Result<void> check_open(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return text == "first-use" || text == "load" ? Result<void>{} : takes(name, "first-use or load", text);
}

Result<void> check_library_context(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return text == "isolated" || text == "child" ? Result<void>{} : takes(name, "isolated or child", text);
}

Result<void> check_scope(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    const bool is_scope = text == "signature" || text == "ephemeral" || text == "key-schedule";
    return is_scope ? Result<void>{} : takes(name, "signature, ephemeral or key-schedule", text);
}

Result<void> check_fallback(std::string_view name, std::string_view text, SettingLayer /*layer*/) {
    return text == "fail" || text == "software" ? Result<void>{} : takes(name, "fail or software", text);
}

Result<void> check_verify_anchors(std::string_view /*name*/, std::string_view text, SettingLayer /*layer*/) {
    TRYV(parse_verify_anchors(text));
    return {};
}

constexpr unsigned bit(SettingLayer layer) {
    return 1U << static_cast<unsigned>(layer);
}
constexpr unsigned provider = bit(SettingLayer::openssl_conf);
constexpr unsigned files = bit(SettingLayer::file) | provider;
constexpr unsigned variable_and_files = bit(SettingLayer::environment) | files;
constexpr unsigned everywhere = bit(SettingLayer::command_line) | variable_and_files;
// For programs alone, not for the provider.
constexpr unsigned told_or_in_file =
    bit(SettingLayer::command_line) | bit(SettingLayer::environment) | bit(SettingLayer::file);

constexpr std::array declarations{
    SettingDeclaration{"device", everywhere, "TRUSTX_DEVICE", check_device},
    SettingDeclaration{"lock-directory", variable_and_files, "TRUSTX_LOCK_DIRECTORY", check_directory},
    SettingDeclaration{"reset-line", bit(SettingLayer::file), nullptr, check_line},
    SettingDeclaration{"supply-line", bit(SettingLayer::file), nullptr, check_line},
    SettingDeclaration{"lock-timeout-ms", files, nullptr, check_timeout},
    SettingDeclaration{"command-timeout-ms", files, nullptr, check_timeout},
    SettingDeclaration{"open", files, nullptr, check_open},
    SettingDeclaration{"trace", variable_and_files, "TRUSTX_TRACE", check_path},
    SettingDeclaration{"trace-level", variable_and_files, "TRUSTX_TRACE_LEVEL", check_trace_level},
    SettingDeclaration{"aws-identity", told_or_in_file, "TRUSTX_AWS_IDENTITY", check_path},
    SettingDeclaration{"aws-state", told_or_in_file, "TRUSTX_AWS_STATE", check_path},
    SettingDeclaration{"self-verify", provider, nullptr, check_flag},
    SettingDeclaration{"claim-fips", provider, nullptr, check_flag},
    SettingDeclaration{"library-context", provider, nullptr, check_library_context},
    SettingDeclaration{"scope", provider, nullptr, check_scope},
    SettingDeclaration{"session-timeout-ms", provider, nullptr, check_timeout},
    SettingDeclaration{"ephemeral-fallback", provider, nullptr, check_fallback},
    SettingDeclaration{"verify-anchors", provider, nullptr, check_verify_anchors},
};

}  // namespace

std::span<const SettingDeclaration> setting_declarations() noexcept {
    return declarations;
}

std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text) {
    const auto number = parse_decimal(text, longest_timeout_ms);
    return number && *number > 0 ? std::optional{std::chrono::milliseconds{*number}} : std::nullopt;
}

std::optional<bool> parse_flag(std::string_view text) {
    for (const std::string_view yes : {"yes", "1", "true", "on"}) {
        if (text == yes) {
            return true;
        }
    }
    for (const std::string_view no : {"no", "0", "false", "off"}) {
        if (text == no) {
            return false;
        }
    }
    return std::nullopt;
}

}  // namespace trustx
