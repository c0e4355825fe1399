// SPDX-License-Identifier: Apache-2.0
// Taking a certificate back out of the cloud.
#pragma once

#include "aws/enrolment/cloud_calls.hpp"

#include <cstdint>

namespace trustx::aws {

// remove_certificate makes the certificate of an enrolment inactive, detaches and deletes it, also where the answer
// that named it was lost. One that was there before the enrolment stays as it is.
Result<void> remove_certificate(Run& run);

// Removal is what becomes of a certificate that is not used any more. A revoked one stays registered, so that nobody
// can register it again.
enum class Removal : std::uint8_t { delete_, revoke };

// take_out_of_use makes a certificate inactive, or revokes it, and detaches it from all policies and things, in the
// order that AWS wants (aws-iot.md section 7.7). It may be repeated, and a certificate that is gone is no error.
Result<void> take_out_of_use(const CloudAccess& cloud, const RegisteredCertificate& certificate,
                             Removal removal = Removal::delete_);

}  // namespace trustx::aws
