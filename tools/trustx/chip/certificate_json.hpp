// SPDX-License-Identifier: Apache-2.0
// Certificates in JSON.
#pragma once

#include "common/x509/certificate.hpp"

#include <nlohmann/json_fwd.hpp>

namespace trustx::cli {

// certificate_json has everything about a certificate that a program would ask for.
nlohmann::ordered_json certificate_json(const x509::Certificate& certificate);

}  // namespace trustx::cli
