// SPDX-License-Identifier: Apache-2.0
// The dispatch tables of the operations, each defined in the file of its subject.
#pragma once

#include <openssl/core.h>

namespace trustx::provider {

// our_algorithm is the property by which programs ask for an implementation of this provider.
inline constexpr const char* our_algorithm = "provider=trustx";

extern const OSSL_DISPATCH keymgmt_ec[];
extern const OSSL_DISPATCH keymgmt_ecdhe[];
extern const OSSL_DISPATCH signature_ecdsa[];
// signatures is the list of all of them, which depends on the version of OpenSSL.
extern const OSSL_ALGORITHM signatures[];
extern const OSSL_DISPATCH keyexch_ecdh[];
extern const OSSL_DISPATCH kdf_tls1_prf[];
extern const OSSL_DISPATCH kdf_tls13[];
extern const OSSL_DISPATCH rand_trustx[];
extern const OSSL_DISPATCH store_trustx[];
extern const OSSL_DISPATCH decoder_pem_to_der[];
extern const OSSL_DISPATCH decoder_der_check[];
extern const OSSL_DISPATCH decoder_der_to_ec[];
extern const OSSL_DISPATCH decoder_der_to_anchor[];
extern const OSSL_DISPATCH encoder_private_key_pem[];
extern const OSSL_DISPATCH encoder_private_key_der[];
extern const OSSL_DISPATCH encoder_encrypted_private_key_pem[];
extern const OSSL_DISPATCH encoder_encrypted_private_key_der[];
extern const OSSL_DISPATCH encoder_type_specific_pem[];
extern const OSSL_DISPATCH encoder_type_specific_der[];
extern const OSSL_DISPATCH encoder_public_key_pem[];
extern const OSSL_DISPATCH encoder_public_key_der[];
extern const OSSL_DISPATCH encoder_text[];

}  // namespace trustx::provider
