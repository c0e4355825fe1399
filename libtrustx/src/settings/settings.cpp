// SPDX-License-Identifier: Apache-2.0
#include "common/no_cancellation.hpp"
#include "common/try.hpp"
#include "settings/declarations.hpp"
#include "settings/settings_file.hpp"

#include <trustx/settings.hpp>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace trustx {
namespace {

constexpr const char* settings_file = "/etc/trustx/trustx.conf";
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

Result<SettingValues> read_environment() {
    SettingValues values;
    for (const auto& setting : setting_declarations()) {
        const auto text = setting.variable != nullptr ? environment(setting.variable) : std::nullopt;
        if (text) {
            TRYV(values.set(SettingLayer::environment, setting.name, *text, setting.variable));
        }
    }
    return values;
}

// outside_the_file gives the layers in front of the settings file.
Result<SettingValues> outside_the_file(const SettingOverrides& overrides) {
    SettingValues values;
    if (overrides.command_line) {
        TRYV(values.set(SettingLayer::command_line, "device", *overrides.command_line, "--device"));
    }
    TRY(auto variables, read_environment());
    if (overrides.device_name_from_command_line) {
        variables.remove("device");
    }
    values.add_weaker(variables);
    SettingValues provider = overrides.openssl_conf;
    if (!overrides.device_name.empty()) {
        provider.remove("device");
    }
    values.add_weaker(provider);
    return values;
}

// must_be_known says that a device name without a section is an error.
bool must_be_known(const SettingOverrides& overrides, const SettingValues& outside_the_file) {
    return overrides.device_name_from_command_line ||
           (!overrides.device_name.empty() && outside_the_file.find("device") == nullptr);
}

std::string text_of(const SettingValues& values, std::string_view name, const std::string& otherwise) {
    const auto* value = values.find(name);
    return value != nullptr ? value->text : otherwise;
}

// The texts were checked when they were set.
DeviceOptions options_from(const SettingValues& values) {
    DeviceOptions options;
    options.lock_timeout = parse_timeout(text_of(values, "lock-timeout-ms", "")).value_or(options.lock_timeout);
    options.command_timeout =
        parse_timeout(text_of(values, "command-timeout-ms", "")).value_or(options.command_timeout);
    options.lock_directory = text_of(values, "lock-directory", options.lock_directory);
    options.keep_open = text_of(values, "open", "first-use") == "load";
    options.trace.file = text_of(values, "trace", options.trace.file);
    options.trace.level = parse_trace_level(text_of(values, "trace-level", "")).value_or(options.trace.level);
    return options;
}

void add_line(std::optional<GpioLine>& line, const SettingValues& part, std::string_view setting) {
    if (const auto* value = part.find(setting); value != nullptr && !line) {
        line = GpioLine::parse(value->text).value();
    }
}

// add_lines joins to an address the lines that one part of the file has for the chip which that part names, and for no
// other: a program that was told another device must not reset this one.
void add_lines(BusAddress& address, const SettingValues& part, const std::string& device) {
    const auto named = BusAddress::parse(device);
    if (address.kind == BusAddress::Kind::linux_i2c && named && named->chip() == address.chip()) {
        add_line(address.reset_line, part, "reset-line");
        add_line(address.supply_line, part, "supply-line");
    }
}

void add_lines(BusAddress& address, const SettingsFile& file) {
    const auto default_of_file = text_of(file.defaults, "device", default_device);
    for (const auto& [name, part] : file.devices) {
        add_lines(address, part, text_of(part, "device", default_of_file));
    }
    add_lines(address, file.defaults, default_of_file);
}

// all_values asks the layers in their order.
Result<SettingValues> all_values(const SettingOverrides& overrides, const SettingsFile& file) {
    TRY(auto values, outside_the_file(overrides));
    if (const auto named = file.devices.find(overrides.device_name); named != file.devices.end()) {
        values.add_weaker(named->second);
    } else if (must_be_known(overrides, values)) {
        return fail(Errc::setting_invalid, "device `" + overrides.device_name +
                                               "`: the settings file says nothing in a section [device " +
                                               overrides.device_name + "]");
    }
    values.add_weaker(file.defaults);
    return values;
}

}  // namespace

Result<SettingValues> resolve_values(const SettingOverrides& overrides) {
    const NoCancellation uncancelled;
    TRY(const auto file, load_settings_file());
    return all_values(overrides, file);
}

Result<Settings> resolve_settings(const SettingOverrides& overrides) {
    const NoCancellation uncancelled;
    TRY(const auto file, load_settings_file());
    TRY(const auto values, all_values(overrides, file));
    const auto* device = values.find("device");
    TRY(auto address, BusAddress::parse(device != nullptr ? device->text : default_device));
    add_lines(address, file);
    return Settings{std::move(address), options_from(values), device != nullptr ? device->source : "built-in default"};
}

}  // namespace trustx
