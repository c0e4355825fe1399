// SPDX-License-Identifier: Apache-2.0
// What must be true of certificates before they go into the chip.
#pragma once

#include "cli/context.hpp"
#include "common/x509/certificate.hpp"

#include <string>
#include <vector>

namespace trustx::cli {

struct CertificateChecks {
    std::string key_file;    // --key: the certificate must carry this key; empty: not asked for
    bool prove_key = false;  // --prove-key: the paired slot must be able to sign for it
    bool force = false;      // --force: differences of key and chip become notes
};

// check_certificates checks the leaf's key, the order of the chain and, for a certificate object that has a key slot,
// whether certificate and key can belong together. It changes nothing in the chip.
Result<void> check_certificates(const Context& context, Chip& chip, ObjectId object,
                                const std::vector<x509::Certificate>& certificates, const CertificateChecks& checks);

}  // namespace trustx::cli
