// SPDX-License-Identifier: Apache-2.0
// The settings file: `name = value` lines at the top and in [device NAME] sections, read through inih.
#pragma once

#include <trustx/result.hpp>
#include <trustx/trace.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

namespace trustx {

// SettingsSection holds what one section says; an absent value is not mentioned there.
struct SettingsSection {
    // A value and where it stands: "/etc/trustx/trustx.conf:3".
    struct Device {
        std::string address;
        std::string place;
    };
    std::optional<Device> device;
    std::optional<std::string> lock_directory;
    std::optional<std::chrono::milliseconds> lock_timeout;
    std::optional<std::chrono::milliseconds> command_timeout;
    std::optional<std::string> trace;
    std::optional<TraceLevel> trace_level;
};

struct SettingsFile {
    SettingsSection defaults;                        // in front of the first section
    std::map<std::string, SettingsSection> devices;  // by NAME of [device NAME]
};

// parse_settings_file reads an open file. path is for messages only. Error: Errc::setting_invalid naming file and
// line, errno codes when reading fails.
Result<SettingsFile> parse_settings_file(std::FILE* file, const std::string& path);

}  // namespace trustx
