// SPDX-License-Identifier: Apache-2.0
// /etc/trustx/attest.conf: what is measured on this gateway, and with which key evidence is signed.
//
//     # comment
//     measure = /usr/local/lib/gateway
//     measure = /etc/trustx
//     firmware-version-file = /etc/gateway-version
#pragma once

#include "attest/firmware.hpp"
#include "attest/measurement.hpp"

#include <trustx/result.hpp>

#include <string>
#include <string_view>

namespace trustx::attest {

struct Settings {
    MeasurementSettings measured{};
    FirmwareSource firmware{};
    std::string key{};          // a slot, or a key file
    std::string certificate{};  // a file with the certificate and its chain; empty: the chip's
};

// parse_settings reads the text of a file. InputErrc::malformed with the line where a name is not known, a value is
// missing, or one stands twice that can only stand once.
Result<Settings> parse_settings(std::string_view text, const std::string& path);

}  // namespace trustx::attest
