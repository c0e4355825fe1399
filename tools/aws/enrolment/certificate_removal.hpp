// SPDX-License-Identifier: Apache-2.0
// Taking a certificate back out of the cloud.
#pragma once

#include "aws/enrolment/run.hpp"

namespace trustx::aws {

// remove_certificate makes the certificate of an enrolment inactive, detaches and deletes it, also where the answer
// that named it was lost. One that was there before the enrolment stays as it is.
Result<void> remove_certificate(Run& run);

}  // namespace trustx::aws
