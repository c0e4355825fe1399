// SPDX-License-Identifier: Apache-2.0
// Certificates for the two ends of a TLS connection in tests.
#pragma once

#include "common/openssl/handles.hpp"

namespace trustx::test {

// issue_certificate makes one that is valid from an hour ago until tomorrow. Without an issuer it is an authority's
// own. Throws std::runtime_error when the key of the issuer does not sign.
openssl::X509Certificate issue_certificate(EVP_PKEY* subject_key, const char* subject, X509* issuer,
                                           EVP_PKEY* issuer_key);

}  // namespace trustx::test
