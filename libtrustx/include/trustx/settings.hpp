// SPDX-License-Identifier: Apache-2.0
// Which chip, and how long to wait for it: settings, and the order of the places where they are.
#pragma once

#include <trustx/bus_address.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx {

// SettingLayer is a place where settings are. For each setting the first layer that has it decides.
enum class SettingLayer : std::uint8_t {
    command_line,  // --device
    environment,   // TRUSTX_DEVICE and the like
    openssl_conf,  // the provider's section of openssl.cnf
    file,          // trustx.conf: first the [device NAME] section, then the lines above all sections
};

// setting_names lists the settings that a layer may have.
TRUSTX_EXPORT std::vector<std::string_view> setting_names(SettingLayer layer);

// SettingValues are settings as text, checked when they are set, each with the place that it comes from.
class TRUSTX_EXPORT SettingValues {
 public:
    struct Value {
        std::string text;
        std::string source;  // for messages: "TRUSTX_DEVICE", "/etc/trustx/trustx.conf:3"
    };

    // set takes a line of a layer. Errors, with the source in front: Errc::setting_invalid for a setting that the layer
    // does not have, a malformed value, an empty one, and a setting that is there already; Errc::address_invalid.
    Result<void> set(SettingLayer layer, std::string_view name, std::string_view text, std::string source);

    // find gives nullptr for what was not set.
    [[nodiscard]] const Value* find(std::string_view name) const;

    // add_weaker takes over what is not set here.
    void add_weaker(const SettingValues& weaker) { values_.insert(weaker.values_.begin(), weaker.values_.end()); }

    void remove(std::string_view name);

 private:
    std::map<std::string, Value, std::less<>> values_;
};

// parse_flag reads the value of a setting such as self-verify: yes, 1, true, on, or no, 0, false, off.
TRUSTX_EXPORT std::optional<bool> parse_flag(std::string_view text);

// parse_timeout reads the value of a setting such as lock-timeout-ms, within the limits that all time limits have.
TRUSTX_EXPORT std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text);

// SettingOverrides is what a program was told directly; what is absent is looked up further.
struct SettingOverrides {
    std::optional<std::string> command_line = {};  // --device
    SettingValues openssl_conf = {};               // its `device` is the default device and no other
    std::string device_name = {};                  // the [device NAME] section to use; empty: the default device
    // --device-name: the name belongs to the command line, so the environment's `device` does not come before that of
    // the section, and the section must be there whatever names the address.
    bool device_name_from_command_line = false;
};

// VerifyAnchor is an entry of the setting verify-anchors: the trust anchor that verifies for a key, and SHA-256 of that
// key's SubjectPublicKeyInfo in DER.
struct VerifyAnchor {
    ObjectId object;
    std::array<std::uint8_t, 32> key_sha256;

    friend bool operator==(const VerifyAnchor&, const VerifyAnchor&) = default;
};

// parse_verify_anchors reads `E0E8=DIGEST`, or several of these with commas between, blanks allowed around each part.
// Error: Errc::setting_invalid for anything else, what is no trust anchor, an object or a key named twice.
TRUSTX_EXPORT Result<std::vector<VerifyAnchor>> parse_verify_anchors(std::string_view text);
// to_string is the inverse, without blanks.
TRUSTX_EXPORT std::string to_string(const std::vector<VerifyAnchor>& anchors);

struct Settings {
    BusAddress address;
    DeviceOptions options;
    std::string source;  // where the address came from, for messages: "--device", "TRUSTX_DEVICE", a path ...
};

// resolve_settings asks the layers in their order, and ends with i2c:/dev/i2c-1@0x30 and the values of DeviceOptions.
// The file is /etc/trustx/trustx.conf, which may be missing, or what TRUSTX_CONF names. An empty environment variable
// counts as not set. The environment is ignored in programs that run with raised privileges (secure_getenv).
// Errors: Errc::setting_invalid or Errc::address_invalid naming the source, also for a value that another layer
// overrides, and for a device name without a section where no layer in front of the file names an address.
TRUSTX_EXPORT Result<Settings> resolve_settings(const SettingOverrides& overrides);

// resolve_values gives the settings themselves, by the same layers and with the same errors, without defaults: for what
// a program keeps in them that is not in Settings.
TRUSTX_EXPORT Result<SettingValues> resolve_values(const SettingOverrides& overrides);

}  // namespace trustx
