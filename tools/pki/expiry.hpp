// SPDX-License-Identifier: Apache-2.0
// Certificates that end while the devices that need them still run.
#pragma once

#include "common/x509/certificate.hpp"

#include <chrono>
#include <ctime>
#include <string>

namespace trustx::pki {

// outlives says whether a certificate is still valid so long after `now`. Also where time_t has 32 bits, and after
// 2038.
bool outlives(const x509::Certificate& certificate, std::time_t now, std::chrono::days time);

// expiry_warning says that a certificate has expired or will before so much time has passed; empty: it does not.
// `role` is what it is to the device: "the trust anchor in E0E8".
std::string expiry_warning(const std::string& role, const x509::Certificate& certificate, std::time_t now,
                           std::chrono::days time);

}  // namespace trustx::pki
