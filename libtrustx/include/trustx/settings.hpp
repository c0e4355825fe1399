// SPDX-License-Identifier: Apache-2.0
// Which chip, and how long to wait for it: settings and their order.
#pragma once

#include <trustx/bus_address.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// SettingOverrides is what a program was told directly; an absent value is looked up further.
struct SettingOverrides {
    std::optional<std::string> command_line;  // --device
    std::optional<std::string> openssl_conf;  // device in the provider's section of openssl.cnf
    std::string device_name;                  // the [device NAME] section to use; empty: the default device
};

struct Settings {
    BusAddress address;
    DeviceOptions options;
    std::string source;  // where the address came from, for messages: "--device", "TRUSTX_DEVICE", a path ...
};

// The file read when there is nothing more specific.
inline constexpr const char* settings_file = "/etc/trustx/trustx.conf";

// resolve_settings finds the chip, first match wins: the command line; environment TRUSTX_DEVICE; openssl.cnf;
// `device` in /etc/trustx/trustx.conf; i2c:/dev/i2c-1@0x30. The environment is ignored in programs that run with
// raised privileges (secure_getenv). Further environment: TRUSTX_CONF (path of the file), and, each before its setting
// in the file, TRUSTX_LOCK_DIRECTORY, TRUSTX_TRACE, TRUSTX_TRACE_LEVEL.
// File: `device`, `lock-directory`, `lock-timeout-ms`, `command-timeout-ms`, `trace`, `trace-level` at the top, or in
// [device NAME].
// Errors: Errc::setting_invalid or Errc::address_invalid naming the source.
TRUSTX_EXPORT Result<Settings> resolve_settings(const SettingOverrides& overrides);

}  // namespace trustx
