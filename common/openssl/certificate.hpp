// SPDX-License-Identifier: Apache-2.0
// X.509 certificates in DER.
#pragma once

#include "common/openssl/handles.hpp"

#include <cstdint>
#include <ctime>
#include <span>
#include <vector>

namespace trustx::openssl {

// take_certificate parses the certificate that der begins with, and leaves in der what follows it. nullptr: the error
// queue says why. Parsing a certificate decodes its key, which happens in the library context.
X509Certificate take_certificate(std::span<const std::uint8_t>& der, OSSL_LIB_CTX* libctx = nullptr);

// subject_public_key_info is the key of a certificate in DER. Empty: the error queue says why.
std::vector<std::uint8_t> subject_public_key_info(const X509* certificate);

// Validity is how the two dates of a certificate stand to a moment. A date that cannot be read counts as passed by: the
// certificate is expired.
enum class Validity : std::uint8_t { not_yet, valid, expired };
Validity validity(const X509* certificate, std::time_t now);

}  // namespace trustx::openssl
