// SPDX-License-Identifier: Apache-2.0
// Who may register: just-in-time registration with an allow-list, and the hook of fleet provisioning, as functions for
// Lambda in Python (aws-iot.md sections 7.4 to 7.6).
#pragma once

#include <trustx/result.hpp>

#include <map>
#include <string>
#include <vector>

namespace trustx::aws {

struct AllowedDevice {
    std::string thing;
    std::string serial{};  // for instance the chip's UID in hexadecimal digits
};

// Devices are by the id of their certificate, claims by the id of the claim's.
using AllowedDevices = std::map<std::string, AllowedDevice>;
using AllowedClaims = std::map<std::string, std::vector<AllowedDevice>>;

// Both lists as files: JSON, {"ID": {"thing": "gw-1", "serial": "0102"}}, with a list of such devices for each claim.
// The readers: InputErrc::malformed; `name` is the file's.
std::string text_of(const AllowedDevices& devices);
std::string text_of(const AllowedClaims& claims);
Result<AllowedDevices> parse_allowed_devices(const std::string& text, const std::string& name);
Result<AllowedClaims> parse_allowed_claims(const std::string& text, const std::string& name);

// jitr_function is for devices by the id of their certificate. A certificate that is not named becomes INACTIVE.
// InputErrc::usage for names that cannot be, and for two certificates of one thing.
Result<std::string> jitr_function(const AllowedDevices& devices, const std::string& policy);

// jitr_sql selects the events that a CA's certificates cause when they connect for the first time. InputErrc::usage for
// an id that is not 64 hexadecimal digits.
Result<std::string> jitr_sql(const std::string& ca_certificate_id);

// provisioning_hook is for devices by the id of the claim's certificate; the serial number is what the new certificate
// must have as its common name. InputErrc::usage for names that cannot be, and for a serial number or a thing that is
// there twice.
Result<std::string> provisioning_hook(const AllowedClaims& claims);

}  // namespace trustx::aws
