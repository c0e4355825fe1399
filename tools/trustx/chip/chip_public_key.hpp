// SPDX-License-Identifier: Apache-2.0
// The public key of a key that is in the chip already. The chip does not return it, so it is taken from the certificate
// of the slot or recovered from signatures; in both cases a signature proves it.
#pragma once

#include "cli/context.hpp"

#include <trustx/key.hpp>

namespace trustx::cli {

// occupied_curve finds which kind of key is in the slot; InputErrc::nothing_there when there is none.
Result<Curve> occupied_curve(Chip& chip, ObjectId slot);

// find_public_key costs one private key use with a certificate that fits and two without. trust_certificate takes the
// certificate's key: no use, no proof.
Result<PublicKey> find_public_key(const Context& context, Chip& chip, ObjectId slot, bool trust_certificate);

}  // namespace trustx::cli
