// SPDX-License-Identifier: Apache-2.0
// The proof that somebody has the key of an authority (aws-iot.md section 7.3).
#pragma once

#include "pki/issuer.hpp"

#include <trustx/result.hpp>

#include <string>

namespace trustx::aws {

// verification_certificate is a certificate in PEM with the account's registration code as its common name, issued by
// the authority. Its own key is made for it and forgotten. Errors: those of pki::Issuer::issue.
Result<std::string> verification_certificate(pki::Issuer& authority, const std::string& registration_code);

}  // namespace trustx::aws
