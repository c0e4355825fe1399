// SPDX-License-Identifier: Apache-2.0
#include "attest/settings.hpp"

#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>

namespace trustx::attest {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto begin = text.find_first_not_of(blank);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

// place_of is where the value of a name goes; null: no such name.
std::string* place_of(Settings& settings, std::string_view name) {
    auto& measured = settings.measured;
    if (name == "measure") {
        return &measured.paths.emplace_back();
    }
    if (name == "kernel") {
        return &measured.kernel;
    }
    if (name == "initrd") {
        return &measured.initrd;
    }
    if (name == "firmware-version") {
        return &settings.firmware.text;
    }
    if (name == "firmware-version-file") {
        return &settings.firmware.file;
    }
    if (name == "key") {
        return &settings.key;
    }
    return name == "certificate" ? &settings.certificate : nullptr;
}

}  // namespace

Result<Settings> parse_settings(std::string_view text, const std::string& path) {
    Settings settings;
    std::size_t number = 0;
    const auto wrong = [&](const std::string& why) {
        return fail(InputErrc::malformed, path + ":" + std::to_string(number) + ": " + why);
    };
    while (!text.empty()) {
        ++number;
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const auto equals = line.find('=');
        const auto name = trimmed(line.substr(0, equals));
        const auto value = equals == std::string_view::npos ? std::string_view{} : trimmed(line.substr(equals + 1));
        if (value.empty() || !text::is_printable(value)) {
            return wrong("`" + text::printable(name) + "` needs a value, as in `measure = /etc/trustx`");
        }
        if (name == "firmware-version-from") {
            if (value != "rauc") {
                return wrong("`firmware-version-from` can be rauc, and nothing else");
            }
            settings.firmware.rauc = true;
            continue;
        }
        auto* place = place_of(settings, name);
        if (place == nullptr) {
            return wrong("`" + text::printable(name) +
                         "` is unknown; there are measure, kernel, initrd, firmware-version, firmware-version-file, "
                         "firmware-version-from, key, certificate");
        }
        if (!place->empty()) {
            return wrong("`" + text::printable(name) + "` stands twice");
        }
        *place = value;
    }
    const auto& firmware = settings.firmware;
    if (static_cast<int>(!firmware.text.empty()) + static_cast<int>(!firmware.file.empty()) +
            static_cast<int>(firmware.rauc) >
        1) {
        return fail(InputErrc::malformed, path + " names more than one source of the firmware's version");
    }
    return settings;
}

}  // namespace trustx::attest
