// SPDX-License-Identifier: Apache-2.0
// The request for a certificate (PKCS#10, RFC 2986), built here and signed by the chip, and what a certificate must be
// before it is written anywhere (aws-iot.md section 1.4).
#pragma once

#include "common/x509/certificate.hpp"
#include "pki/chip_port.hpp"
#include "pki/subject.hpp"

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::pki {

// make_request gives a CSR in PEM for the key in a slot: one signature, which is verified. InputErrc::key_mismatch: the
// slot signs with another key.
Result<std::string> make_request(ChipPort& chip, ObjectId slot, const PublicKey& key, const Subject& subject);

// is_request_for says whether text is a CSR for this key with a signature of it.
bool is_request_for(const std::string& pem, const PublicKey& key);

// make_challenge gives a random text, of hexadecimal digits, that nobody can have signed before.
inline constexpr std::size_t challenge_digits = 64;
std::string make_challenge();

// prove_key lets the slot sign something random, and verifies it. InputErrc::key_mismatch.
Result<void> prove_key(ChipPort& chip, ObjectId slot, const PublicKey& key);

// key_of_request is the key of a CSR that is signed by it, on a curve that the chip has. InputErrc::malformed. `from`
// names the CSR's origin in the message.
Result<PublicKey> key_of_request(const std::string& pem, const std::string& from);

// sign_text lets the slot sign a text, and verifies that: an ECDSA signature in DER over its SHA-256 (P-256) or SHA-384
// (P-384), in hexadecimal. What the text is about has to be in its first words: the key signs other things as well.
// InputErrc::key_mismatch: the slot signs with another key.
Result<std::string> sign_text(ChipPort& chip, ObjectId slot, const PublicKey& key, std::string_view text);

// is_signed says whether a text has such a signature of this key.
bool is_signed(const PublicKey& key, std::string_view text, const std::string& signature);

// certificate_id is AWS's name of a certificate: SHA-256 of the DER in lower-case hexadecimal.
std::string certificate_id(const x509::Certificate& certificate);

// check_certificate judges a chain, leaf first, that is to be the identity of a key: the key, the dates, the order of
// the chain, and the size of the object. `from` says who issued it, for messages. InputErrc::key_mismatch,
// InputErrc::check_failed; PkiErrc::clock_wrong: it is not valid yet.
Result<void> check_certificate(const std::vector<x509::Certificate>& chain, const PublicKey& key, ObjectId object,
                               std::time_t now, const std::string& from);

}  // namespace trustx::pki
