// SPDX-License-Identifier: Apache-2.0
// ECDSA in software: verifying signatures , and finding the public key that made them. The chip
// cannot be asked for the public key of a key that it holds, but its signatures determine it (SEC 1 version 2
// section 4.1.6).
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

// SignedDigest is a digest and what a chip key made of it.
struct SignedDigest {
    Bytes digest;
    Signature signature;
};

// parse_signature reads the DER form, SEQUENCE { INTEGER r, INTEGER s }; nothing may follow it. `name` is the file's,
// for messages.
Result<Signature> parse_signature(ByteView der, const std::string& name);

// verifies checks one signature in software. A point that is not on its curve verifies nothing.
bool verifies(const PublicKey& key, const SignedDigest& signed_digest);

// candidate_keys lists every public key under which the signature verifies: two, or in rare cases up to four. None
// when the signature is not one of this curve. The digest is at most as long as the curve's field.
std::vector<PublicKey> candidate_keys(Curve curve, const SignedDigest& signed_digest);

// recover_public_key finds the key under which both signatures verify. Nothing when there is none or, for digests
// that were not chosen at random, more than one.
std::optional<PublicKey> recover_public_key(Curve curve, const SignedDigest& first, const SignedDigest& second);

}  // namespace trustx::cli
