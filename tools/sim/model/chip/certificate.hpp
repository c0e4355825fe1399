// SPDX-License-Identifier: Apache-2.0
// Certificates for the simulated chips: a CA whose key signs once and is not kept, and a device certificate shaped like
// Infineon's (chip-objects.md section 7).
#pragma once

#include "model/crypto/crypto.hpp"

namespace trustx::sim {

struct IssuedCertificate {
    Bytes ca;      // DER, self-signed
    Bytes device;  // DER: empty subject, CA:FALSE, key usage digitalSignature
};

IssuedCertificate issue_certificate(Crypto& crypto, ByteView device_point);

// tls_identity wraps one DER certificate in the C0 form.
Bytes tls_identity(ByteView certificate);

}  // namespace trustx::sim
