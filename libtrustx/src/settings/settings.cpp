// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"
#include "settings/settings_file.hpp"

#include <trustx/settings.hpp>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace trustx {
namespace {

constexpr const char* default_device = "i2c:/dev/i2c-1@0x30";

// environment gives nothing for an empty variable: `TRUSTX_DEVICE= program` is how a shell unsets one.
std::optional<std::string> environment(const char* name) {
    const char* value = ::secure_getenv(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<SettingsFile> load_file(const std::string& path) {
    const File file{std::fopen(path.c_str(), "re")};
    if (!file) {
        const std::error_code code = errno_code();
        return fail(code, "open settings file " + path);
    }
    return parse_settings_file(file.get(), path);
}

// Without settings everything has a default, so the default file may be missing; one that was asked for may not.
Result<SettingsFile> load_settings_file() {
    if (const auto path = environment("TRUSTX_CONF")) {
        auto file = load_file(*path);
        if (!file && file.error() == errno_code(ENOENT)) {
            return fail(Errc::setting_invalid, "TRUSTX_CONF: there is no file " + *path);
        }
        return file;
    }
    auto file = load_file(settings_file);
    if (!file && file.error() == errno_code(ENOENT)) {
        return SettingsFile{};
    }
    return file;
}

// overlay puts a device's section over the defaults of the file.
SettingsSection overlay(SettingsSection section, const SettingsSection& defaults) {
    const auto inherit = [](auto& field, const auto& inherited) {
        if (!field) {
            field = inherited;
        }
    };
    inherit(section.device, defaults.device);
    inherit(section.lock_directory, defaults.lock_directory);
    inherit(section.lock_timeout, defaults.lock_timeout);
    inherit(section.command_timeout, defaults.command_timeout);
    inherit(section.trace, defaults.trace);
    inherit(section.trace_level, defaults.trace_level);
    return section;
}

DeviceOptions options_from(const SettingsSection& section) {
    DeviceOptions options;
    options.lock_timeout = section.lock_timeout.value_or(options.lock_timeout);
    options.command_timeout = section.command_timeout.value_or(options.command_timeout);
    options.lock_directory = section.lock_directory.value_or(options.lock_directory);
    options.trace.file = section.trace.value_or(options.trace.file);
    options.trace.level = section.trace_level.value_or(options.trace.level);
    return options;
}

// The environment has the last word.
Result<void> apply_environment(DeviceOptions& options) {
    if (auto directory = environment("TRUSTX_LOCK_DIRECTORY")) {
        options.lock_directory = *std::move(directory);
    }
    if (auto file = environment("TRUSTX_TRACE")) {
        options.trace.file = *std::move(file);
    }
    if (const auto text = environment("TRUSTX_TRACE_LEVEL")) {
        const auto level = parse_trace_level(*text);
        if (!level) {
            return level.failure("TRUSTX_TRACE_LEVEL");
        }
        options.trace.level = *level;
    }
    return {};
}

// Found is an address in text and where it came from.
struct Found {
    std::string address;
    std::string source;
};

std::optional<Found> find_outside_the_file(const SettingOverrides& overrides) {
    if (overrides.command_line) {
        return Found{*overrides.command_line, "--device"};
    }
    if (auto device = environment("TRUSTX_DEVICE")) {
        return Found{*std::move(device), "TRUSTX_DEVICE"};
    }
    if (overrides.openssl_conf) {
        return Found{*overrides.openssl_conf, "device in openssl.cnf"};
    }
    return std::nullopt;
}

Found find_in_file(const SettingsSection& section) {
    if (section.device) {
        return {section.device->address, section.device->place};
    }
    return {default_device, "built-in default"};
}

}  // namespace

Result<Settings> resolve_settings(const SettingOverrides& overrides) {
    TRY(const auto file, load_settings_file());
    auto found = find_outside_the_file(overrides);
    SettingsSection section = file.defaults;
    if (const auto named = file.devices.find(overrides.device_name); named != file.devices.end()) {
        section = overlay(named->second, file.defaults);
    } else if (!overrides.device_name.empty() && !found) {
        return fail(Errc::setting_invalid, "device `" + overrides.device_name +
                                               "`: the settings file says nothing in a section [device " +
                                               overrides.device_name + "]");
    }
    if (!found) {
        found = find_in_file(section);
    }
    auto address = BusAddress::parse(found->address);
    if (!address) {
        return address.failure(found->source);
    }
    Settings settings{*std::move(address), options_from(section), found->source};
    TRYV(apply_environment(settings.options));
    return settings;
}

}  // namespace trustx
