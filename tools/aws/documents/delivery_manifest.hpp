// SPDX-License-Identifier: Apache-2.0
// Which chips somebody delivered: the list that allow-lists are made of (aws-iot.md section 7.5).
#pragma once

#include "aws/documents/allow_list.hpp"

#include <trustx/result.hpp>

#include <map>
#include <string>
#include <vector>

namespace trustx::aws {

struct DeliveredChip {
    std::string certificate_id;  // SHA-256 of the certificate's DER, in lower case
    std::string serial{};        // what tells it apart for people: the UID, or the certificate's common name
    std::string thing{};         // where the list says so
};

// parse_delivery reads JSON lines, or certificates in PEM. A line has "certificate" (PEM, of which the first counts) or
// "certificateId", and may have "serial", "uid", "slot" and "thing"; other members are passed over. A line replaces an
// earlier one with the same "uid" and "slot". `name` is the file's. InputErrc::malformed, also for no chip at all.
Result<std::vector<DeliveredChip>> parse_delivery(const std::string& content, const std::string& name);

// named_devices gives each chip a thing: the one of the list, or the prefix and what tells it apart. By certificate id.
// InputErrc::usage for a certificate that is there twice.
Result<std::map<std::string, AllowedDevice>> named_devices(const std::vector<DeliveredChip>& chips,
                                                           const std::string& prefix);

}  // namespace trustx::aws
