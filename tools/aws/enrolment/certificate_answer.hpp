// SPDX-License-Identifier: Apache-2.0
// What an issued certificate must be before it is used.
#pragma once

#include "aws/enrolment/run.hpp"

namespace trustx::aws {

// check_issued judges the certificate that AWS issued, as it is in the facts: the key, the dates, the size, and AWS's
// name of it. Errors are those of check_certificate; InputErrc::malformed.
Result<void> check_issued(Run& run);

}  // namespace trustx::aws
