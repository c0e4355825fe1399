// SPDX-License-Identifier: Apache-2.0
// Whether a certificate was issued by an authority that is trusted.
#pragma once

#include "common/x509/certificate.hpp"

#include <string>
#include <vector>

namespace trustx::x509 {

// verify_chain builds a chain from the first certificate over the others to one of the trusted ones, and gives its
// subjects, leaf first. Signatures and validity today are checked. A trusted certificate need not be a root.
// InputErrc::check_failed with OpenSSL's reason when there is no such chain.
Result<std::vector<std::string>> verify_chain(const std::vector<Certificate>& certificates,
                                              const std::vector<Certificate>& trusted);

}  // namespace trustx::x509
