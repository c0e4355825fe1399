// SPDX-License-Identifier: Apache-2.0
// What the chip demands of certificates before it verifies with them. Source: chip-objects.md section 7.
#pragma once

#include "common/x509/certificate.hpp"

#include <string>

namespace trustx::pki {

// check_version: the chip takes version 3 alone, and says so only when it verifies. `name` is that of the file.
// InputErrc::check_failed.
Result<void> check_version(const x509::Certificate& certificate, const std::string& name);

// check_anchor demands an authority. InputErrc::check_failed.
Result<void> check_anchor(const x509::Certificate& certificate, const std::string& name);

// check_anchor_key: the chip keeps any certificate, and verifies with a key on P-256 or P-384 alone (aws-iot.md section
// 1.3), in a certificate that is signed with ECDSA and SHA-256. InputErrc::check_failed, with what to do instead.
Result<void> check_anchor_key(const x509::Certificate& certificate, const std::string& name);

}  // namespace trustx::pki
