// SPDX-License-Identifier: Apache-2.0
// The signature over a manifest: a detached CMS signature (RFC 5652) in DER, as `openssl cms -sign -binary` makes it
// and `openssl cms -verify` reads it. Who may sign is decided by the certificate of an authority, and the last step of
// the signer's chain, which that authority signed, is handed out: for the chip, which holds the authority's
// certificate.
#pragma once

#include "common/openssl/handles.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <ctime>
#include <string>
#include <vector>

namespace trustx::firmware {

// sign makes a signature. The first certificate is the signer's, for this key; the others go with it.
// InputErrc::key_mismatch; InputErrc::check_failed for a certificate that check_signature would refuse, and
// FirmwareErrc::expired where a date is why; InputErrc::chip_failed, with OpenSSL's words, where the key does not sign.
Result<Bytes> sign(ByteView content, EVP_PKEY* key, const std::vector<x509::Certificate>& certificates,
                   std::time_t now);

// LastStep is the ECDSA signature by which the authority issued the last certificate before it.
struct LastStep {
    Bytes digest;     // of what was signed, not longer than the field of the authority's curve
    Bytes signature;  // DER
};

struct Verified {
    std::string signer;  // its certificate, for people
    LastStep last_step;
};

// check_signature demands one signature, by a certificate for signatures of code (extended key usage codeSigning or
// emailProtection; whoever issued it has one of them or no such extension) that the authority issued, directly or by
// others that the signature brings along. Everything is verified in software, the last step too: it counts only when
// the chip has agreed. FirmwareErrc::untrusted; FirmwareErrc::expired, when nothing but a date is wrong.
Result<Verified> check_signature(ByteView content, ByteView signature, const x509::Certificate& authority,
                                 std::time_t now);

}  // namespace trustx::firmware
