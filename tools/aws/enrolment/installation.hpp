// SPDX-License-Identifier: Apache-2.0
// The certificate of an enrolment on this computer: in the chip, and in the files that services read.
#pragma once

#include "aws/enrolment/run.hpp"

namespace trustx::aws {

// install_certificate writes the certificate of the journal into the slot's object, after the slot has shown that it
// holds its key. InputErrc::key_mismatch, and errors of the chip.
Result<void> install_certificate(Run& run);

// restore_certificate puts back what the object held before. It leaves alone what somebody else has written since.
Result<void> restore_certificate(Run& run);

// write_files writes the files of this identity and makes services find them, all at one moment; in a rotation the
// latter comes after the broker has accepted it. InputErrc::unwritable, and the errors of broker_roots.
Result<void> write_files(Run& run);

}  // namespace trustx::aws
