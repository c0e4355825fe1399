// SPDX-License-Identifier: Apache-2.0
// Whether a certificate was issued by an authority that is trusted, and was not taken back since.
#pragma once

#include "common/x509/certificate.hpp"
#include "common/x509/revocation_list.hpp"

#include <string>
#include <vector>

namespace trustx::x509 {

// verify_chain builds a chain from the first certificate over the others to one of the trusted ones, and gives its
// subjects, leaf first. Signatures and validity today are checked; SHA-1 signs nothing, nor does RSA below 2048 bits. A
// trusted certificate need not be a root.
// InputErrc::check_failed with OpenSSL's reason when there is no such chain.
//
// With revocation lists each certificate of the chain below the trusted one must be covered by a list of its issuer
// that is valid now and signed by it, and be in none: InputErrc::revoked, or InputErrc::not_listed where that cannot be
// said. None is needed about the trusted certificate itself.
Result<std::vector<std::string>> verify_chain(const std::vector<Certificate>& certificates,
                                              const std::vector<Certificate>& trusted,
                                              const RevocationLists* revoked = nullptr);

}  // namespace trustx::x509
