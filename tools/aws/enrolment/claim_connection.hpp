// SPDX-License-Identifier: Apache-2.0
// The connection of a claim (aws-iot.md section 7.6).
#pragma once

#include "aws/enrolment/run.hpp"

namespace trustx::aws {

// open_claim makes one attempt to connect as the claim of the order: files, the identity in a slot, or, where the order
// names neither, one that AWS makes for the user whose credentials these are (CreateProvisioningClaim). Nothing is done
// where that connection is open. Errors: InputErrc for files, InputErrc::nothing_there for a slot without certificate,
// those of the chip and of the call.
Result<Acceptance> open_claim(Run& run, const Deadline& deadline);

}  // namespace trustx::aws
