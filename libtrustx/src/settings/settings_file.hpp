// SPDX-License-Identifier: Apache-2.0
// The settings file: `name = value` lines at the top and in [device NAME] sections, read through inih.
#pragma once

#include <trustx/result.hpp>
#include <trustx/settings.hpp>

#include <cstdio>
#include <map>
#include <string>

namespace trustx {

struct SettingsFile {
    SettingValues defaults;                        // in front of the first section
    std::map<std::string, SettingValues> devices;  // by NAME of [device NAME]
};

// parse_settings_file reads an open file. path is for messages only. Errors: Errc::setting_invalid and
// Errc::address_invalid naming file and line, errno codes when reading fails.
Result<SettingsFile> parse_settings_file(std::FILE* file, const std::string& path);

}  // namespace trustx
