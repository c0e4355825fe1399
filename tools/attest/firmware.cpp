// SPDX-License-Identifier: Apache-2.0
#include "attest/firmware.hpp"

#include "attest/json.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

namespace trustx::attest {
namespace {

constexpr std::size_t longest = 256;

Result<std::string> checked(std::string version, const std::string& from) {
    if (version.empty() || version.size() > longest || !text::is_printable(version)) {
        return fail(InputErrc::malformed, from + " holds no version: it is empty, longer than " +
                                              std::to_string(longest) + " bytes, or not printable");
    }
    return version;
}

// value_of finds NAME=value of os-release(5), with or without quotation marks.
std::optional<std::string> value_of(std::string_view text, std::string_view name) {
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin);
        begin = end + 1;
        if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") {
            continue;
        }
        line.remove_prefix(name.size() + 1);
        if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
            line = line.substr(1, line.size() - 2);
        }
        return std::string{line};
    }
    return std::nullopt;
}

Result<std::string> file_version(const Roots& roots, const std::string& path) {
    constexpr std::size_t limit = std::size_t{64} * 1024;
    TRY(const auto content, read_below(roots.root, path, limit));
    if (!content) {
        return fail(InputErrc::nothing_there, path + ", which should tell the firmware's version, is not there");
    }
    const auto text = text::as_text(*content);
    for (const auto* name : {"IMAGE_VERSION", "VERSION_ID"}) {
        if (auto value = value_of(text, name)) {
            return checked(*std::move(value), path);
        }
    }
    return checked(std::string{text.substr(0, text.find('\n'))}, path);
}

std::string member(const nlohmann::json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

nlohmann::json below(const nlohmann::json& object, const char* name) {
    return object.is_object() && object.contains(name) ? object.at(name) : nlohmann::json{};
}

}  // namespace

Result<std::string> rauc_version(std::string_view json) {
    const auto status = read_json(json);
    for (const auto& slot : below(status, "slots")) {
        if (!slot.is_object()) {
            continue;
        }
        for (const auto& [name, state] : slot.items()) {
            if (member(state, "state") == "booted") {
                return checked(member(below(below(state, "slot_status"), "bundle"), "version"),
                               "RAUC's status of the slot " + text::printable(name));
            }
        }
    }
    return fail(InputErrc::nothing_there, "RAUC does not say which slot was booted");
}

Result<std::optional<std::string>> firmware_version(const Roots& roots, const FirmwareSource& source,
                                                    const RunProgram& run) {
    if (!source.text.empty()) {
        TRY(auto version, checked(source.text, "the firmware version that was given"));
        return std::optional{std::move(version)};
    }
    if (!source.file.empty()) {
        TRY(auto version, file_version(roots, source.file));
        return std::optional{std::move(version)};
    }
    if (!source.rauc) {
        return std::optional<std::string>{};
    }
    TRY(const auto said, run({"rauc", "status", "--detailed", "--output-format=json"}));
    if (!said) {
        return fail(InputErrc::nothing_there, "RAUC should tell the firmware's version, and is not installed");
    }
    TRY(auto version, rauc_version(*said));
    return std::optional{std::move(version)};
}

}  // namespace trustx::attest
