// SPDX-License-Identifier: Apache-2.0
// Making a chip key show which key it is.
#pragma once

#include "chip/ecdsa.hpp"
#include "cli/context.hpp"

namespace trustx::cli {

// sign_fresh lets the slot sign a random digest: one private key use. The digest is SHA-2 of a text that
// says what it is for and of random bytes, so that the signature is good for nothing else.
Result<SignedDigest> sign_fresh(Chip& chip, ObjectId slot, Curve curve);

}  // namespace trustx::cli
